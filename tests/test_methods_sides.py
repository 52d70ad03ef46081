"""Methods with networks of each side, print and hand, which learn from no pairs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from test_methods import SMALL_MUNIT, SMALL_UNIT, TASK
from test_methods_adversarial import ONE_HAND, shapes, weights
from torch import nn

from fontgan import methods
from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Shuffle
from fontgan.errors import ConfigError
from fontgan.methods.base import CodedMethod
from fontgan.nn.content import ContentDecoder, ContentEncoder, PooledEncoder, StyledDecoder
from fontgan.nn.scaled_discriminator import ScaledDiscriminator
from fontgan.store.store import GlyphStore

SMALL: dict[str, dict[str, Any]] = {"unit": SMALL_UNIT, "munit": SMALL_MUNIT}


def a_batch(data: Path) -> GlyphBatch:
    return PairDataset.of(GlyphStore.open(data)).batch(Shuffle(48, 4, 0).batch(0))


def fresh(name: str, **words: Any) -> tuple[Any, dict[str, nn.Module]]:
    method = fill(methods.find(name), SMALL[name] | words)
    torch.manual_seed(0)
    return method, method.networks(TASK)


def test_unit_and_munit_have_their_number_of_weights() -> None:
    """15,026,187, 11,140,483 and 8,271,171 of the authors' layers, with three channels.

    These have biases before instance norms too.
    """
    with torch.device("meta"):
        encoder, decoder = ContentEncoder(64, 4, images=3), ContentDecoder(64, 4, images=3)
        styled = StyledDecoder(64, 4, 8, images=3)
        style = PooledEncoder(64, 8, images=3)
        discriminator = ScaledDiscriminator(64, 4, 3, images=3)
    biases = (64 + 128 + 256 + 8 * 256) + 8 * 256
    assert weights(encoder) + weights(decoder) == 11_140_483 - biases
    assert weights(encoder) + weights(style) + weights(styled) == 15_026_187 - biases
    assert weights(discriminator) == 8_271_171
    grey = 2 * 64 * 49  # fewer weights for each image that is read or drawn
    for name in ("unit", "munit"):
        ours = shapes(name, "paper", ONE_HAND)
        for side in ("printed", "written"):
            drawn = styled if name == "munit" else decoder
            assert weights(ours[f"decoder_{side}"]) == weights(drawn) - grey - 2
            assert weights(ours[f"discriminator_{side}"]) == 8_271_171 - 3 * 2 * 64 * 16
    assert weights(ours["content_encoder_written"]) == weights(encoder) - grey
    assert weights(ours["style_encoder_written"]) == weights(style) - grey


@pytest.mark.parametrize(
    ("name", "words", "says"),
    [
        ("unit", {"style_norms": False}, "knows one hand, and the data set has 3: train one with"),
        ("unit", {"discriminator_layers": 5}, "build the data with --size 64"),
        ("munit", {"discriminator_scales": 6}, "build the data with --size 128"),
    ],
)
def test_what_they_cannot_do_is_one_line(name: str, words: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        fresh(name, **words)


@pytest.mark.parametrize("size", [8, 48])
def test_sizes_that_cannot_be_halved_say_so(size: int) -> None:
    with pytest.raises(ConfigError, match="draws 16 px or a power of two above it"):
        fill(methods.find("munit"), SMALL_MUNIT).networks(Task(size, ("alone",)))


@pytest.mark.parametrize("name", ["munit"])
def test_the_code_of_a_glyph_decides_how_others_are_drawn(name: str, data: Path) -> None:
    method, nets = fresh(name)
    assert isinstance(method, CodedMethod)
    batch = a_batch(data)
    z = method.encode(nets, batch.target)
    assert z.shape == (4, method.z_size)
    drawn = method.draw(nets, batch, z)
    other = method.draw(nets, batch, z.roll(1, 0))
    assert not torch.allclose(drawn, other, atol=1e-4)


@pytest.mark.parametrize("name", SMALL)
def test_a_style_moves_what_is_drawn(name: str, data: Path) -> None:
    method, nets = fresh(name)
    nn.init.normal_(nets["styles"].norms)
    batch = a_batch(data)
    one, other = (replace(batch, target_style=torch.full((4,), style)) for style in (0, 1))
    assert not torch.allclose(method.translate(nets, one), method.translate(nets, other), atol=1e-5)


def test_without_a_style_code_the_hand_is_what_the_code_says(data: Path) -> None:
    method, nets = fresh("munit", style_code=0)
    batch = a_batch(data)
    one, other = (replace(batch, target_style=torch.full((4,), style)) for style in (0, 1))
    assert torch.equal(method.translate(nets, one), method.translate(nets, other))
