"""Methods with networks of each side, print and hand, which learn from no pairs."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from made_headers import header
from test_methods import (
    SETTINGS,
    SMALL_COMBOGAN,
    SMALL_DRIT,
    SMALL_GENEGAN,
    SMALL_MUNIT,
    SMALL_UNIT,
    TASK,
)
from test_methods_adversarial import CPU, ONE_HAND, shapes, weights
from torch import nn

from fontgan import methods
from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Sampling, Shuffle
from fontgan.errors import ConfigError
from fontgan.methods.base import CodedMethod
from fontgan.nn.content import ContentDecoder, ContentEncoder, PooledEncoder, StyledDecoder
from fontgan.nn.depth_discriminator import blurred
from fontgan.nn.exemplars import Exemplars
from fontgan.nn.scaled_discriminator import ScaledDiscriminator
from fontgan.runs.checkpoint import Checkpoint
from fontgan.store.store import GlyphStore
from fontgan.training.adapt import start_from
from fontgan.training.state import training_state
from fontgan.training.trainer import Trainer

SMALL: dict[str, dict[str, Any]] = {
    **{"unit": SMALL_UNIT, "munit": SMALL_MUNIT, "drit": SMALL_DRIT},
    **{"combogan": SMALL_COMBOGAN, "genegan": SMALL_GENEGAN},
}


def conv(kernel: int, inputs: int, outputs: int, bias: bool = True) -> int:
    """Return the number of weights of a convolution."""
    return kernel**2 * inputs * outputs + outputs * bias


def block(channels: int) -> int:
    """Return that of a residual block, whose norms leave no use for biases."""
    return 2 * conv(3, channels, channels, bias=False)


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


def test_drit_has_its_number_of_weights() -> None:
    ours = shapes("drit", "paper", ONE_HAND)
    reads = conv(7, 1, 64) + conv(3, 64, 128, False) + conv(3, 128, 256, False) + 3 * block(256)
    feels = conv(4, 1, 64) + 2 * conv(1, 256, 8)
    for i, o in ((64, 128), (128, 192), (192, 256)):
        feels += conv(3, i, i) + conv(3, i, o) + conv(1, i, o)
    draws = 3 * block(264) + conv(3, 272, 136) + conv(3, 144, 72) + conv(1, 80, 1)
    norms = 2 * (136 + 72)
    for side in ("printed", "written"):
        assert weights(ours[f"content_encoder_{side}"]) == reads
        assert weights(ours[f"attribute_encoder_{side}"]) == feels
        assert weights(ours[f"decoder_{side}"]) == draws + norms
    for name in ("content_encoder_shared", "decoder_shared"):
        assert weights(ours[name]) == block(256)
    tells = 3 * conv(7, 256, 256) + conv(4, 256, 256) + conv(1, 256, 1)
    assert weights(ours["discriminator_content"]) == tells


def test_combogan_has_its_number_of_weights() -> None:
    ours = shapes("combogan", "paper", ONE_HAND)
    reads = conv(7, 1, 64, False) + conv(3, 64, 128, False) + conv(3, 128, 256, False)
    draws = conv(4, 256, 128, False) + conv(4, 128, 64, False) + conv(7, 64, 1)
    widths = ((64, 128), (128, 256), (256, 512), (512, 512))
    judges = conv(4, 1, 64) + sum(conv(4, i, o, False) + conv(4, i, 1) for i, o in widths)
    judges += conv(4, 512, 1) + 5
    for side in ("printed", "written"):  # a PReLU has one weight
        assert weights(ours[f"encoder_{side}"]) == reads + 4 * block(256) + 3 + 4
        assert weights(ours[f"decoder_{side}"]) == draws + 5 * block(256) + 2 + 5
        assert weights(ours[f"discriminator_{side}"]) == 2 * judges


def test_genegan_has_its_number_of_weights() -> None:
    ours = shapes("genegan", "paper", Task(64, ("alone",)))
    halved = conv(4, 1, 128) + conv(4, 128, 256, False) + conv(4, 256, 512, False) + 2 * 768
    doubled = conv(4, 512, 512, False) + conv(4, 512, 256, False) + 2 * 768 + conv(4, 256, 1)
    assert (weights(ours["splitter"]), weights(ours["joiner"])) == (halved, doubled)
    tells = halved + conv(4, 512, 512, False) + 2 * 512 + conv(4, 512, 1)
    assert weights(ours["discriminator_printed"]) == tells


@pytest.mark.parametrize(
    ("name", "words", "says"),
    [
        ("unit", {"style_norms": False}, "knows one hand, and the data set has 3: train one with"),
        ("unit", {"discriminator_layers": 5}, "build the data with --size 64"),
        ("munit", {"discriminator_scales": 6}, "build the data with --size 128"),
        ("combogan", {"discriminator_layers": 4}, "build the data with --size 64"),
        ("genegan", {"r1": 1.0}, "set method.discriminator_norm=layer"),
    ],
)
def test_what_they_cannot_do_is_one_line(name: str, words: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        fresh(name, **words)


@pytest.mark.parametrize("size", [8, 48])
@pytest.mark.parametrize("name", SMALL)
def test_sizes_that_cannot_be_halved_say_so(name: str, size: int) -> None:
    with pytest.raises(ConfigError, match=r"build the data with --size (16|32)"):
        fill(methods.find(name), SMALL[name]).networks(Task(size, ("alone",)))


@pytest.mark.parametrize("name", ["munit", "drit"])
def test_the_code_of_a_glyph_decides_how_others_are_drawn(name: str, data: Path) -> None:
    method, nets = fresh(name)
    assert isinstance(method, CodedMethod)
    batch = a_batch(data)
    z = method.encode(nets, batch.target)
    assert z.shape == (4, method.z_size)
    drawn = method.draw(nets, batch, z)
    other = method.draw(nets, batch, z.roll(1, 0))
    assert not torch.equal(drawn, other)


@pytest.mark.parametrize("name", ["unit", "munit", "drit", "combogan", "genegan"])
def test_a_style_moves_what_is_drawn(name: str, data: Path) -> None:
    method, nets = fresh(name)
    if "styles" in nets:
        nn.init.normal_(nets["styles"].norms)
    batch = a_batch(data)
    if "exemplars" in nets:
        nets["exemplars"](batch.target, torch.tensor([0, 1, 0, 1]))
    one, other = (replace(batch, target_style=torch.full((4,), style)) for style in (0, 1))
    assert not torch.allclose(method.translate(nets, one), method.translate(nets, other), atol=1e-5)


def test_without_a_style_code_the_hand_is_what_the_code_says(data: Path) -> None:
    method, nets = fresh("munit", style_code=0)
    batch = a_batch(data)
    one, other = (replace(batch, target_style=torch.full((4,), style)) for style in (0, 1))
    assert torch.equal(method.translate(nets, one), method.translate(nets, other))


def test_the_hands_that_are_not_asked_for_rest(data: Path) -> None:
    pairs = PairDataset.of(GlyphStore.open(data))
    trainer = Trainer(fill(methods.find("combogan"), SMALL_COMBOGAN), TASK, SETTINGS, CPU)
    rule = Sampling(pairs, 4, seed=0, pairing=trainer.method.pairing)
    before = copy.deepcopy(trainer.networks["decoder_written"].state_dict())
    batch = pairs.batch(rule.batch(0))
    hand = set(batch.target_style.tolist())
    trainer.iterate(batch)
    after = trainer.networks["decoder_written"].state_dict()
    moved = {key.split(".")[1] for key in after if not torch.equal(before[key], after[key])}
    assert moved == {str(number) for number in hand} and len(hand) == 1


def test_a_mix_of_hands_of_combogan_is_one_of_their_drawings(data: Path) -> None:
    method, nets = fresh("combogan")
    batch = a_batch(data)

    def draw(style: torch.Tensor) -> torch.Tensor:
        return method.translate(nets, replace(batch, target_style=style))  # type: ignore[no-any-return]

    mixed = draw(torch.tensor([[0.25, 0.0, 0.75]]).expand(4, -1))
    alone = (draw(torch.full((4,), style)) for style in (0, 2))
    assert method.mixes_styles
    assert torch.allclose(mixed, 0.25 * next(alone) + 0.75 * next(alone), atol=1e-6)


def test_a_hand_is_added_to_those_that_combogan_knows() -> None:
    method = fill(methods.find("combogan"), SMALL_COMBOGAN)
    two = Trainer(method, Task(32, TASK.styles[:2]), SETTINGS, CPU)
    three = Trainer(method, TASK, replace(SETTINGS, seed=4), CPU)
    fresh_state = copy.deepcopy(three.networks["decoder_written"].state_dict())
    start_from(three, Checkpoint(header(TASK.styles[:2]), training_state(two)))
    known, now = (t.networks["decoder_written"].state_dict() for t in (two, three))
    assert len(now) == 1.5 * len(known)
    for key, value in now.items():
        assert torch.equal(value, known.get(key, fresh_state[key])), key


def test_a_model_keeps_the_first_glyphs_of_each_hand() -> None:
    kept = Exemplars(2, 3, size=1)
    for number in range(4):
        glyphs = torch.tensor([number, number + 0.25, number + 0.5]).view(3, 1, 1, 1)
        kept(glyphs, torch.tensor([0, 1, 0]))
    assert kept.images.flatten(1).tolist() == [[0, 0.5, 1], [0.25, 1.25, 2.25]]
    assert kept.kept.tolist() == [3, 3]


def test_what_is_blurred_has_its_ink_spread() -> None:
    image = torch.ones(1, 1, 9, 9)
    image[..., 4, 4] = -1
    spread = 1 - blurred(image)
    assert spread.sum().item() == pytest.approx(2, abs=1e-4)
    assert spread[0, 0, 4, 4] == spread.max() < 0.4
