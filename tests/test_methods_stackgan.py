from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_methods import SETTINGS, SMALL_STACKGAN, TASK
from test_methods_adversarial import shapes, weights

from fontgan import methods
from fontgan.config import fill
from fontgan.data.augment import Augment
from fontgan.data.batch import Task
from fontgan.data.pairs import PairDataset
from fontgan.errors import ConfigError
from fontgan.nn.stacked import SecondStage, StageDiscriminator
from fontgan.store.store import GlyphStore
from fontgan.training.settings import load_settings
from fontgan.training.trainer import Trainer

ONE_HAND = Task(256, ("alone",))


def make(**words: Any) -> Any:
    return fill(methods.find("stackgan"), SMALL_STACKGAN | words)


def convs(*widths: int, kernel: int = 3) -> int:
    """Return the weights of convolutions without bias and their batch norms."""
    return sum(i * o * kernel**2 + 2 * o for i, o in pairwise(widths))


def test_it_has_the_weights_of_its_recipe() -> None:
    """Embeddings of 1,024 numbers, conditions of 128, widths 192 and 96, as for COCO; grey."""
    nets = shapes("stackgan", "paper", ONE_HAND)
    dense = 4 * 4 * 1536
    first = 228 * dense + 2 * dense + convs(1536, 768, 384, 192, 96) + 96 * 9
    second = 192 * 9 + convs(192, 384, 768, kernel=4) + convs(768 + 128, 768)
    second += 2 * convs(768, 768, 768) + convs(768, 384, 192, 96, 48) + 48 * 9
    joined = convs(768 + 128, 768) + 768 * 16 + 1
    small = 96 * 16 + convs(96, 192, 384, 768, kernel=4) + joined
    large = 96 * 16 + convs(96, 192, 384, 768, 1536, 3072, kernel=4)
    large += convs(3072, 1536, 768) + joined + 768 * 16 + 1
    found = {name: weights(net) for name, net in nets.items() if name != "styles"}
    assert found == {
        "conditioning_one": 1024 * 256 + 256,
        "stage_one": first,
        "discriminator_one": small,
        "conditioning_two": 1024 * 256 + 256,
        "stage_two": second,
        "discriminator_two": large,
    }


def test_conditions_of_glyphs_begin_further_apart_than_their_noise(data: Path) -> None:
    """Else one glyph is drawn for all, whatever is asked for: the mean of what is seen in noise."""
    torch.manual_seed(0)
    method = load_settings("stackgan", "compact").method
    batch = PairDataset.of(GlyphStore.open(data)).batch(np.arange(12))
    nets = method.networks(TASK)
    mean, log_variance = nets["conditioning_one"](method._embedding(nets, batch))  # type: ignore[attr-defined]
    assert mean.var(dim=0).sum() > 2 * log_variance.exp().mean(dim=0).sum()


@pytest.mark.parametrize(("size", "halvings"), [(8, 0), (16, 0), (32, 1), (64, 2)])
def test_a_second_stage_keeps_where_strokes_lie(size: int, halvings: int) -> None:
    """The original's maps between are of 16 x 16; of 4 x 4, one picture was learned for all."""
    stage = SecondStage(size, condition=4, width=2, blocks=1).eval()
    image = torch.zeros(1, 1, size, size)
    assert stage.down(image).shape == (1, 2 << halvings, min(size, 16), min(size, 16))
    assert stage(image, torch.zeros(1, 4)).shape == (1, 1, 4 * size, 4 * size)


def moved(trainer: Trainer, pairs: PairDataset) -> list[set[str]]:
    """Return which networks move in each iteration of a run."""
    every = []
    before = states(trainer)
    for _ in trainer.run(pairs, Augment()):
        after = states(trainer)
        every.append({name for name in after if not torch.equal(after[name], before[name])})
        before = after
    return every


def states(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {
        name: torch.cat([weight.detach().flatten() for weight in net.parameters()])
        for name, net in trainer.networks.items()
    }


def test_the_first_stage_learns_alone_and_then_rests(data: Path) -> None:
    pairs = PairDataset.of(GlyphStore.open(data))
    settings = replace(SETTINGS, iterations=4, schedule="constant")
    trainer = Trainer(make(alone=0.5), TASK, settings, torch.device("cpu"))
    first = {"styles", "conditioning_one", "stage_one", "discriminator_one"}
    second = {"conditioning_two", "stage_two", "discriminator_two"}
    assert moved(trainer, pairs) == [first, first, second, second]


def test_verdicts_are_of_one_glyph_with_and_without_its_condition() -> None:
    torch.manual_seed(0)
    judge = StageDiscriminator(32, 4, 4, unconditional=True).eval()
    image = torch.rand(2, 1, 32, 32)
    one, other = (judge(image, condition) for condition in torch.randn(2, 2, 4))
    assert [verdict.logits.shape for verdict in one] == [(2, 1), (2, 1)]
    assert not torch.allclose(one[0].logits, other[0].logits)
    assert torch.equal(one[1].logits, other[1].logits)


@pytest.mark.parametrize(
    ("words", "size", "says"),
    [({}, 16, "not 16 px"), ({"glance": 12}, 32, "set method.glance=16")],
)
def test_what_cannot_be_done_is_one_line(words: dict[str, Any], size: int, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make(**words).networks(Task(size, TASK.styles))


def test_a_batch_of_one_has_no_wrong_condition() -> None:
    with pytest.raises(ConfigError, match=r"set training\.batch_size=2"):
        Trainer(make(), TASK, replace(SETTINGS, batch_size=1), torch.device("cpu"))
