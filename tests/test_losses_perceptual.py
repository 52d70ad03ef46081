from __future__ import annotations

from pathlib import Path

import pytest
import torch

from fontgan.config import fill
from fontgan.data.batch import Task
from fontgan.data.pairs import PairDataset
from fontgan.losses.perceptual import _reader, distances, perceptual
from fontgan.methods.bicyclegan import BicycleGan
from fontgan.methods.inkflow import Inkflow
from fontgan.store.store import GlyphStore
from fontgan.training.trainer import Trainer, TrainingSettings

SMALL = {
    "width": 4,
    "max_width": 8,
    "discriminator_width": 4,
    "discriminator_layers": 2,
    "perceptual": 1.0,
}


def test_another_character_is_further_than_the_same_one_softened(data: Path) -> None:
    batch = PairDataset.of(GlyphStore.open(data)).spread(4).batch(torch.arange(4).numpy())
    soft = torch.nn.functional.avg_pool2d(batch.target, 3, stride=1, padding=1)
    near, far = distances(soft, batch.target), distances(batch.target.roll(1, 0), batch.target)
    assert near.shape == (4,)
    assert (near > 0).all()
    assert (near < far).all()


def test_it_moves_the_drawing_and_nothing_else(data: Path) -> None:
    batch = PairDataset.of(GlyphStore.open(data)).spread(1).batch(torch.arange(2).numpy())
    drawn, target = batch.source.requires_grad_(), batch.target.requires_grad_()
    perceptual(drawn, target).backward()  # type: ignore[no-untyped-call]
    assert drawn.grad is not None and drawn.grad.any()
    assert target.grad is None
    assert not any(weight.requires_grad for weight in _reader("cpu").parameters())


@pytest.mark.parametrize("kind", [BicycleGan, Inkflow])
def test_methods_train_with_it(kind: type[BicycleGan | Inkflow], data: Path) -> None:
    method = fill(kind, SMALL | ({"encoder_width": 4} if kind is BicycleGan else {}))
    settings = TrainingSettings(batch_size=4, iterations=1)
    task = Task(32, ("long-cang", "ma-shan-zheng", "xiaolai"))
    trainer = Trainer(method, task, settings, torch.device("cpu"))
    batch = PairDataset.of(GlyphStore.open(data)).spread(2).batch(torch.arange(4).numpy())
    losses = trainer.iterate(batch)
    assert losses["generator/perceptual"][0] > 0
    assert not any("reader" in name for name in trainer.networks)
