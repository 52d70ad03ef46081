"""Methods that grow: pggan and stylegan, and how smoothly their drawings change."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from test_methods import SMALL_GROWN, SMALL_STYLEGAN, TASK
from torch import nn

from fontgan import methods
from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.methods._grown import GrownMethod
from fontgan.metrics.path_length import path_length
from fontgan.nn.deep import char_codes
from fontgan.nn.equalised import EqualisedConv2d, EqualisedLinear, with_deviation
from fontgan.nn.grown import GrowingDecoder, GrowingDiscriminator, grown_channels
from fontgan.nn.stylised import MappingNetwork, StylisedGenerator
from fontgan.training.settings import load_settings

NAMES = ["pggan", "stylegan"]


def small(name: str, **words: Any) -> GrownMethod:
    more = SMALL_STYLEGAN if name == "stylegan" else {}
    method = fill(methods.find(name), SMALL_GROWN | more | words)
    assert isinstance(method, GrownMethod)
    return method


def some(letters: str = "abcd", styles: tuple[int, ...] = (0, 1, 2, 0)) -> GlyphBatch:
    char = torch.tensor([ord(letter) for letter in letters])
    paper = torch.rand(len(letters), 1, 32, 32) * 2 - 1
    return GlyphBatch.of_images(paper, paper, torch.tensor(styles), char)


def weights(*networks: nn.Module) -> int:
    return sum(weight.numel() for network in networks for weight in network.parameters())


def test_they_have_their_numbers_of_weights() -> None:
    """At 1024 px in colours: 23,079,115 and 23,087,249 in PGGAN, 26,219,627 in StyleGAN.

    That has a bias beside the constant, which a norm takes away.
    """
    channels = grown_channels(1024, 8192, 512)
    with torch.device("meta"):
        assert weights(GrowingDecoder(512, channels, 3)) == 23_079_115
        assert weights(GrowingDiscriminator(channels, images=3)) == 23_087_249
        stylegan = MappingNetwork(512, 0, 512, 8), StylisedGenerator(512, channels, 3)
        assert weights(*stylegan) == 26_219_627 - 512
        paper = load_settings("stylegan", "paper").method.networks(Task(128, ("alone",)))
    assert weights(paper["mapping"]) == weights(stylegan[0]) + 512 * 32 + 512 * 512


def test_all_layers_begin_with_outputs_of_one_size() -> None:
    torch.manual_seed(0)
    for layer, x in (
        (EqualisedConv2d(64, 64, 3), torch.randn(4, 64, 16, 16)),
        (EqualisedLinear(64, 256, slowness=100), torch.randn(64, 64)),
    ):
        assert layer(x).std().item() == pytest.approx(2**0.5, rel=0.1)
    slow = EqualisedLinear(4, 4, slowness=100)
    assert slow.weight.std() > 10 * EqualisedLinear(4, 4).weight.std()


@pytest.mark.parametrize("name", NAMES)
def test_a_size_fades_in_for_as_long_as_it_stays(name: str) -> None:
    method, batch = small(name, growing=0.7, first_size=4), some()
    stages = [method.stage(batch, progress) for progress in (0.0, 0.05, 0.15, 0.25, 0.65, 0.7, 0.9)]
    assert [level for level, _ in stages] == [0, 0, 1, 1, 3, 3, 3]
    fades = [None if fade is None else round(fade.item(), 2) for _, fade in stages]
    assert fades == [None, None, 0.5, None, None, None, None]
    assert small(name, growing=0.0).stage(batch, 0.0) == (3, None)


@pytest.mark.parametrize("name", NAMES)
def test_what_fades_in_begins_as_what_was_there(name: str) -> None:
    """At a share of 0 the new size draws the enlarged images of the size before, and is told so."""
    method, batch = small(name, mixing=0.0) if name == "stylegan" else small(name), some()
    nets = {key: net.eval() for key, net in method.networks(TASK).items()}
    z = torch.randn(4, method.z_size)
    before = method.grow(nets, batch, z, 1, None)
    begun = method.grow(nets, batch, z, 2, torch.tensor(0.0))
    assert begun.shape[-1] == 2 * before.shape[-1] == 16
    assert torch.allclose(begun, before.repeat_interleave(2, 2).repeat_interleave(2, 3), atol=1e-5)
    shown = method.shown(batch.target, 2, torch.tensor(0.0))
    smaller = method.shown(batch.target, 1, None)
    assert torch.allclose(shown[..., ::2, ::2], smaller, atol=1e-6)
    code = torch.zeros(4, method.char_code)
    told = (
        nets["discriminator"](image, batch.target_style, code, *stage)[0].logits
        for image, stage in ((shown, (2, torch.tensor(0.0))), (smaller, (1, None)))
    )
    assert torch.allclose(*told, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_it_draws_as_far_as_it_has_grown(name: str) -> None:
    method, batch = small(name), some()
    nets = {key: net.eval() for key, net in method.networks(TASK).items()}
    nets["generator"].grown.fill_(1.25)
    drawn = method.translate(nets, batch)
    assert drawn.shape == (4, 1, 32, 32)
    assert torch.equal(drawn, drawn[..., ::2, ::2].repeat_interleave(2, 2).repeat_interleave(2, 3))
    assert not torch.equal(drawn[..., ::8, ::8], drawn[..., 4::8, 4::8])  # not of 4 pixels alone


@pytest.mark.parametrize("name", NAMES)
def test_it_draws_the_characters_and_hands_that_it_is_asked_for(name: str) -> None:
    method = small(name)
    nets = {key: net.eval() for key, net in method.networks(TASK).items()}
    drawn = [
        method.translate(nets, some("ab", hands)) for hands in ((0, 1), (0, 1), (2, 2))
    ]  # fmt: skip
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], drawn[2], atol=1e-6)
    assert not torch.allclose(drawn[0], method.translate(nets, some("ac", (0, 1))), atol=1e-6)


def test_a_discriminator_sees_the_character_as_well_as_the_hand() -> None:
    torch.manual_seed(0)
    judge = GrowingDiscriminator(grown_channels(32, 256, 48), styles=26, char_code=64)
    image, style = torch.randn(1, 1, 32, 32).expand(26, -1, -1, -1), torch.arange(26)
    one = torch.zeros(26, dtype=torch.long)
    codes = char_codes(style + ord("a"), 64)
    with torch.no_grad():
        of_hands = judge(image, style, codes[one], 3)[0].logits.std()
        of_chars = judge(image, one, codes, 3)[0].logits.std()
    assert 0.2 < of_chars / of_hands < 5


def test_styles_find_patterns_in_the_constant_to_choose_from() -> None:
    """Of a constant of ones a norm leaves nothing, and one blot is learned for all that is asked.

    No pattern: the drawings of two styles are then alike but for how dark they are.
    """
    torch.manual_seed(0)
    generator = StylisedGenerator(48, grown_channels(32, 256, 48)).eval()
    with torch.no_grad():
        first = generator.layers[0](generator.constant, torch.randn(1, 48))
        assert first.std(dim=(2, 3)).mean() > 0.5
        one, other = generator(torch.randn(2, 1, 48).expand(-1, generator.count, -1), 0, None)
    assert torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].abs() < 0.9


def test_a_mapping_hears_what_is_asked_for_as_well_as_the_code() -> None:
    """However large the numbers are that it is told; else what is small drowns in the code."""
    torch.manual_seed(0)
    mapping = MappingNetwork(32, 80, 48, layers=2)
    asked, code = 0.1 * torch.randn(64, 80), torch.randn(64, 32)
    with torch.no_grad():
        of_asked = mapping(code[:1].expand(64, -1), asked).var(dim=0).sum()
        of_code = mapping(code, asked[:1].expand(64, -1)).var(dim=0).sum()
    assert 0.5 < of_asked / of_code < 2


def test_truncation_draws_nearer_to_the_likeliest_glyph() -> None:
    batch, z = some(), torch.randn(4, 5)
    torch.manual_seed(0)
    nets = {key: net.eval() for key, net in small("stylegan").networks(TASK).items()}
    likeliest = small("stylegan").translate(nets, batch)

    def far(truncation: float) -> float:
        drawn = small("stylegan", truncation=truncation).draw(nets, batch, z)
        return (drawn - likeliest).abs().mean().item()

    assert far(0.0) < 1e-6 < far(0.5) < far(1.0)


def test_groups_of_images_that_are_alike_show_no_deviation() -> None:
    alike = torch.randn(1, 2, 4, 4).expand(6, -1, -1, -1)
    assert with_deviation(alike, group=4)[:, 2].max() < 1e-3
    assert with_deviation(torch.randn(6, 2, 4, 4), group=4).shape == (6, 3, 4, 4)


def test_a_path_is_long_where_drawings_change_fast() -> None:
    batch = some()

    def length(speed: float) -> float:
        def draw(_: Any, batch: GlyphBatch, z: torch.Tensor) -> torch.Tensor:
            return batch.source * torch.sigmoid(speed * z[:, :1, None, None])

        return path_length(SimpleNamespace(z_size=2, draw=draw), {}, batch)  # type: ignore[arg-type]

    assert length(0.0) == 0 < length(0.1) < length(1.0)


@pytest.mark.parametrize("name", NAMES)
def test_sizes_that_do_not_double_say_so(name: str) -> None:
    with pytest.raises(ConfigError, match="images of 48 px do not fit"):
        small(name).networks(Task(48, TASK.styles))
    with pytest.raises(ConfigError, match=r"method\.first_size of 12 px do not fit"):
        small(name, first_size=12).networks(TASK)
    with pytest.raises(ConfigError, match="more than the 32 px of the data"):
        small(name, first_size=64).networks(TASK)
