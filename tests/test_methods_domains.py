"""Methods to which print is one hand more: StarGAN and its kin."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from test_methods import SMALL_STARGAN, TABLE, TASK
from test_methods_adversarial import shapes, weights

from fontgan import methods
from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Sampling, Shuffle
from fontgan.errors import ConfigError
from fontgan.methods._domains import mixed
from fontgan.nn.labelled import LabelledGenerator, LabellingDiscriminator
from fontgan.nn.labels import Labels
from fontgan.store.store import GlyphStore

DOMAINS = ["stargan"]


@pytest.fixture
def batch(data: Path) -> GlyphBatch:
    return PairDataset.of(GlyphStore.open(data)).batch(Shuffle(48, 4, 0).batch(0))


@pytest.mark.parametrize("name", DOMAINS)
def test_it_is_never_shown_what_a_source_should_become(name: str, data: Path) -> None:
    pairing = methods.find(name).pairing
    pairs = PairDataset.of(GlyphStore.open(data))
    for iteration in range(20):
        chosen = Sampling(pairs, 8, 0, pairing).batch(iteration)
        assert not (pairs.chars(chosen.source) == pairs.chars(chosen.target)).any()


def test_prints_become_hands_and_hands_become_anything(batch: GlyphBatch) -> None:
    torch.manual_seed(0)
    labels = Labels(3)
    for _ in range(10):
        shown = mixed(batch, labels)
        assert torch.equal(shown.images, torch.cat([batch.source, batch.target]))
        assert shown.domain.tolist() == [3] * 4 + batch.target_style.tolist()
        prints, written = shown.wanted.chunk(2)
        assert sorted(prints.tolist()) == sorted(batch.target_style.tolist())
        assert set(written.tolist()) <= set(shown.domain.tolist())


def test_stargan_has_its_number_of_weights() -> None:
    """8,430,528 and 44,762,048 with three channels and five labels, at 128 px."""
    with torch.device("meta"):
        generator = LabelledGenerator(5, images=3)
        discriminator = LabellingDiscriminator(128, 5, images=3)
    assert weights(generator) == 8_430_528
    assert weights(discriminator) == 44_762_048
    ours = shapes("stargan", "paper", Task(128, ("a", "b", "c", "d")))  # and print; grey
    assert weights(ours["generator"]) == 8_430_528 - 2 * 2 * 49 * 64
    assert weights(ours["discriminator"]) == 44_762_048 - 2 * 16 * 64


@pytest.mark.parametrize("name", DOMAINS)
def test_a_style_moves_what_is_drawn_and_styles_mix(name: str, batch: GlyphBatch) -> None:
    method = fill(methods.find(name), TABLE[name][1])
    nets = {key: net.eval() for key, net in method.networks(TASK).items()}
    ways = torch.full((4,), 0), torch.full((4,), 1), torch.full((4, 3), 1 / 3)
    drawn = [method.translate(nets, replace(batch, target_style=style)) for style in ways]
    assert method.mixes_styles
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert not torch.allclose(drawn[one], drawn[other], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "words", "size", "says"),
    [
        ("stargan", {"discriminator_layers": 6}, 32, "build the data with --size 64"),
        ("stargan", {}, 36, "which 36 px do not allow"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    name: str, words: dict[str, Any], size: int, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        fill(methods.find(name), TABLE[name][1] | words).networks(Task(size, TASK.styles))
    assert fill(methods.find("stargan"), SMALL_STARGAN).networks(TASK)
