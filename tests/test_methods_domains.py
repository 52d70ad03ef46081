"""Methods to which print is one hand more: StarGAN and its kin."""

from __future__ import annotations

from dataclasses import replace
from itertools import starmap
from pathlib import Path
from typing import Any

import pytest
import torch
from test_methods import SMALL_STARGAN, SMALL_STARGANV2, TABLE, TASK
from test_methods_adversarial import normed, shapes, weights

from fontgan import methods
from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.data.sampling import Sampling, Shuffle
from fontgan.errors import ConfigError
from fontgan.losses.terms import Terms
from fontgan.methods._domains import mixed
from fontgan.nn.domains import DomainHeads, MappingNetwork
from fontgan.nn.labelled import LabelledGenerator, LabellingDiscriminator
from fontgan.nn.labels import Labels
from fontgan.nn.preactivated import DomainDiscriminator, StyledGenerator, Trunk
from fontgan.store.store import GlyphStore

DOMAINS = ["stargan", "starganv2", "icgan", "ali"]
INFERRING = ["icgan", "ali"]


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


def test_starganv2_has_its_number_of_weights() -> None:
    """33,892,995 of animal faces; of two domains 2,438,272, 20,916,928 and 20,852,290.

    The authors' code has biases in the generator that its norms take away again.
    """
    with torch.device("meta"):
        generator = StyledGenerator(256, 64, images=3)
        reading, telling = Trunk(256, 512, images=3), Trunk(256, 0, images=3)
        heads, mapping = DomainHeads(2, 512, 64), MappingNetwork(2, 16, 64)
        discriminator = DomainDiscriminator(telling, 2)
    down = 64 + 128, 128 + 256, 256 + 512, 512 + 512
    up = 512 + 512, 256 + 256, 128 + 128, 64 + 64
    assert weights(generator) == 33_892_995 - (64 + sum(down) + sum(up) + 4 * 1024)
    assert weights(mapping) == 2_438_272
    assert weights(reading) + weights(heads) == 20_916_928
    assert weights(discriminator) == 20_852_290
    ours = shapes("starganv2", "paper", Task(256, ("alone",)))  # and print; grey
    assert weights(ours["generator"]) == weights(generator) - 2 * 64 * 9 - 2 * 64 - 2
    assert weights(ours["mapping"]) == weights(mapping)
    assert weights(ours["discriminator"]) == weights(discriminator) - 2 * 64 * 9


def test_the_second_example_is_in_the_same_hand(batch: GlyphBatch) -> None:
    torch.manual_seed(0)
    method = fill(methods.find("starganv2"), SMALL_STARGANV2)
    ink = 0.1 * batch.target_style.float().view(4, 1, 1, 1)  # each hand another grey, print white
    grey = torch.ones_like(batch.source)
    batch = replace(
        batch, source=grey, target=grey * ink - 0.5, references=(grey * ink - 0.5)[:, None]
    )
    terms = Terms()
    method.steps()[0].losses(method.networks(TASK), batch, terms)
    first, second = terms.shared["examples"]
    assert torch.equal(first, second)


@pytest.mark.parametrize("name", DOMAINS)
def test_a_style_moves_what_is_drawn_and_styles_mix(name: str, batch: GlyphBatch) -> None:
    method = fill(methods.find(name), TABLE[name][1])
    nets = {key: net.eval() for key, net in method.networks(TASK).items()}
    if name == "ali":  # its first weights draw next to nothing before norms have seen a batch
        for weight in nets["decoder"].parameters():
            torch.nn.init.normal_(weight, std=0.2)
    ways = torch.full((4,), 0), torch.full((4,), 1), torch.full((4, 3), 1 / 3)
    drawn = [method.translate(nets, replace(batch, target_style=style)) for style in ways]
    assert method.mixes_styles
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert not torch.allclose(drawn[one], drawn[other], rtol=0, atol=1e-6)


def test_icgan_has_its_number_of_weights() -> None:
    """DCGAN's 3,576,704 and 2,765,568 of three channels, labels, and the encoder of the paper.

    DCGAN's authors' code has no bias at the image and at the verdict.
    """
    nets = shapes("icgan", "paper", Task(64, ("a", "b")))  # and print; one grey channel
    generator = 3_576_704 - 2 * 64 * 16 + 1
    discriminator = 2_765_568 - 2 * 64 * 16 + 64 + 1
    assert weights(nets["decoder"]) == generator + 3 * 512 * 16
    assert weights(nets["discriminator"]) == discriminator + 3 * 128 * 16
    convs = 25 * (1 * 32 + 32 * 64 + 64 * 128 + 128 * 256) + 256 * 16 * 4096
    norms = 2 * (32 + 64 + 128 + 256 + 4096)
    assert weights(nets["encoder"]) == convs + norms + 4096 * 100 + 100


def test_ali_has_the_layers_of_its_table() -> None:
    nets = shapes("ali", "paper", Task(64, ("a", "b")))
    encoder, decoder = (
        [tuple(conv.weight.shape) for conv in convs]
        for convs in (nets["encoder"].convs, nets["decoder"].ups)
    )
    kernels = [2, 7, 5, 7, 4]
    widths = [1, 64, 128, 256, 256, 512]
    assert encoder == [(o, i, k, k) for i, o, k in zip(widths, widths[1:], kernels, strict=False)]
    widths = [256 + 3, 512, 256, 256, 128, 64]
    kernels = kernels[::-1]
    assert decoder == [(i, o, k, k) for i, o, k in zip(widths, widths[1:], kernels, strict=False)]
    joint = nets["discriminator"].joint.layers
    assert [conv.weight.shape[:2] for conv in joint] == [(2048, 512 + 1024 + 3), (2048, 2048)]


def test_ali_has_the_number_of_weights_of_its_table() -> None:
    """For 64 px, with codes of 256 numbers, one grey channel, and labels of two hands and print.

    The recipe gives layers, no sum. A norm, of two numbers a channel, is behind each of these, but
    for the discriminator's first, which so has a bias.
    """
    nets = shapes("ali", "paper", Task(64, ("a", "b")))

    reads = [(2, 1, 64), (7, 64, 128), (5, 128, 256), (7, 256, 256), (4, 256, 512)]
    draws = [(4, 259, 512), (7, 512, 256), (5, 256, 256), (7, 256, 128), (2, 128, 64)]
    read, drawn = (sum(starmap(normed, layers)) for layers in (reads, draws))
    code = 257 * 1024 + 1025 * 1024
    joint = (512 + 1024 + 3 + 1) * 2048 + 2049 * 2048 + 2049
    assert weights(nets["encoder"]) == read + 513 * 512  # means and log variances
    assert weights(nets["decoder"]) == drawn + 64 + 1
    assert weights(nets["discriminator"]) == read - 64 + code + joint


@pytest.mark.parametrize("name", INFERRING)
@pytest.mark.parametrize("size", [32, 64])
def test_codes_are_found_and_drawn_in_another_hand(name: str, size: int) -> None:
    task = Task(size, TASK.styles)
    method = fill(methods.find(name), TABLE[name][1])
    nets = {key: net.eval() for key, net in method.networks(task).items()}
    glyphs = torch.rand(3, 1, size, size) * 2 - 1
    batch = GlyphBatch.of_sources(glyphs, torch.tensor([0, 1, 2]), torch.arange(3))
    code = method.encode(nets, glyphs)
    assert code.shape == (3, 5)
    assert torch.equal(method.draw(nets, batch, code), method.translate(nets, batch))
    paper = replace(batch, source=torch.ones_like(glyphs))
    assert torch.equal(method.draw(nets, paper, code), method.draw(nets, batch, code))


def test_the_networks_of_ali_move_by_the_same_drawings(batch: GlyphBatch) -> None:
    """As in its authors' one step: nothing is drawn or found anew after the first have moved."""
    method = fill(methods.find("ali"), TABLE["ali"][1])
    nets, shared = method.networks(TASK), {}
    calls: list[str] = []
    for name in ("decoder", "encoder"):
        nets[name].register_forward_hook(lambda *_, name=name: calls.append(name))
    for step in method.steps():
        step.losses(nets, batch, Terms(shared=shared))
    assert sorted(calls) == ["decoder", "encoder"]


@pytest.mark.parametrize(
    ("name", "words", "size", "says"),
    [
        ("stargan", {"discriminator_layers": 6}, 32, "build the data with --size 64"),
        ("stargan", {}, 36, "which 36 px do not allow"),
        ("starganv2", {}, 8, "which 8 px do not allow"),
        ("icgan", {}, 48, "which 48 px do not allow"),
        ("ali", {}, 128, "ali draws 32 or 64 px, not 128"),
        ("starganv2", {"encoded_size": 4}, 32, "set method.encoded_size to another"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    name: str, words: dict[str, Any], size: int, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        fill(methods.find(name), TABLE[name][1] | words).networks(Task(size, TASK.styles))
    assert fill(methods.find("stargan"), SMALL_STARGAN).networks(TASK)
