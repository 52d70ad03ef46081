"""Checkpoints of version 1, which had biases before norms, draw and train on as they did."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from made_headers import header
from test_methods import TABLE, TASK, in_double, make_trainer, train
from torch import nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Shuffle
from fontgan.errors import CheckpointError
from fontgan.methods.base import Method
from fontgan.runs.checkpoint import Checkpoint
from fontgan.store.store import GlyphStore
from fontgan.training.adapt import start_from
from fontgan.training.state import restore, training_state
from fontgan.training.trainer import Trainer

pytestmark = pytest.mark.usefixtures("double")


OLD = [row for row, (name, *_) in TABLE.items() if name in ("zi2zi", "bicyclegan", "inkflow")]


@pytest.fixture(params=OLD, name="row")
def _row(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pairs(data: Path) -> PairDataset:
    return PairDataset.of(GlyphStore.open(data))


def old_trainer(row: str, monkeypatch: pytest.MonkeyPatch) -> Trainer:
    """Return a trainer whose every convolution has a bias, and those before norms one that shows.

    So it was in version 1.
    """
    kind = type(make_trainer(row).method)
    networks = kind.networks

    def with_biases(method: Method, task: Task) -> dict[str, nn.Module]:
        nets = networks(method, task)
        for module in (module for net in nets.values() for module in net.modules()):
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) and module.bias is None:
                module.bias = nn.Parameter(torch.randn(module.out_channels))
        return nets

    with monkeypatch.context() as patch:
        patch.setattr(kind, "networks", with_biases)
        return make_trainer(row)


def checkpoint_of(trainer: Trainer) -> Checkpoint:
    about = header(TASK.styles, iteration=trainer.iteration)
    return Checkpoint(about, {k: v.clone() for k, v in training_state(trainer).items()})


def drawings(trainer: Trainer, batch: GlyphBatch) -> torch.Tensor:
    with trainer.drawing() as nets:
        return trainer.method.translate(nets, batch, torch.Generator().manual_seed(1))


def test_an_old_checkpoint_draws_and_trains_on_as_before(
    row: str, pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = old_trainer(row, monkeypatch), make_trainer(row)
    for _ in train(old, pairs, until=2):
        pass
    restore(new, checkpoint_of(old))
    assert any("earlier fontgan" in note for note in new.notes)
    batch = in_double(pairs.batch(Shuffle(48, 4, 0).batch(0)))
    assert torch.allclose(drawings(new, batch), drawings(old, batch), atol=1e-9)

    for trainer in (old, new):
        torch.manual_seed(0)
        for _ in train(trainer, pairs, until=4):
            pass
    for name, network in new.networks.items():
        weights = dict(old.networks[name].named_parameters())
        for key, weight in network.named_parameters():
            assert torch.allclose(weight, weights[key], atol=1e-8), (name, key)


def test_a_training_can_start_from_an_old_checkpoint(
    row: str, pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = old_trainer(row, monkeypatch), make_trainer(row)
    for _ in train(old, pairs, until=2):
        pass
    start_from(new, checkpoint_of(old))
    batch = in_double(pairs.batch(Shuffle(48, 4, 0).batch(0)))
    assert torch.allclose(drawings(new, batch), drawings(old, batch), atol=1e-9)


def test_a_bias_of_another_size_is_refused(
    pairs: PairDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = old_trainer("zi2zi", monkeypatch)
    for _ in train(old, pairs, until=1):
        pass
    checkpoint = checkpoint_of(old)
    checkpoint.tensors["networks/encoder/convs.1.bias"] = torch.zeros(99)
    with pytest.raises(CheckpointError, match="encoder does not fit"):
        restore(make_trainer("zi2zi"), checkpoint)
