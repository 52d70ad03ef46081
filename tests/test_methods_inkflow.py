from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.pairs import PairDataset
from fontgan.errors import ConfigError
from fontgan.losses import strokes
from fontgan.methods.inkflow import Inkflow
from fontgan.nn.attention import Attention
from fontgan.nn.discriminators import PatchDiscriminator
from fontgan.nn.flow import warp
from fontgan.store.store import GlyphStore
from fontgan.training.settings import load_settings, presets

STYLES = ("long-cang", "ma-shan-zheng", "xiaolai")
SMALL = {"full_width": 2, "width": 4, "max_width": 8, "code_size": 3, "discriminator_width": 4}


def make(**settings: Any) -> Inkflow:
    return fill(Inkflow, SMALL | settings)


def batch_of(data: Path, count: int = 4) -> GlyphBatch:
    return PairDataset.of(GlyphStore.open(data)).spread(2).batch(torch.arange(count).numpy())


@pytest.mark.parametrize("levels", [1, 3])
def test_flows_start_at_zero_and_follow_the_style_once_they_move(levels: int, data: Path) -> None:
    torch.manual_seed(0)
    method = make(flow_levels=levels, reach=0.1)
    nets = method.networks(Task(32, STYLES))
    batch = batch_of(data)
    with torch.no_grad():
        drawn, flow = method.flow(nets, batch)
        assert drawn.shape == (4, 1, 32, 32)
        assert flow.shape == (4, 2, 32, 32)
        assert not flow.any()
        for weight in nets["decoder"].flows.parameters():  # type: ignore[union-attr]
            weight.fill_(9.0)
        moved = method.flow(nets, batch)[1]
    assert moved.any()
    assert moved.abs().max() <= 0.1 * levels


def test_a_warp_moves_a_stroke_by_its_flow_in_sides_of_the_image() -> None:
    image = torch.ones(1, 1, 16, 16)
    image[..., 4:6, 2:12] = -1
    down = torch.zeros(1, 2, 16, 16)
    down[:, 1] = -0.25  # every pixel shows what lies four pixels above it
    assert torch.allclose(warp(image, down)[..., 8:10, 2:12], torch.tensor(-1.0), atol=1e-4)
    assert torch.allclose(warp(image, torch.zeros_like(down)), image, atol=1e-4)


def test_a_lost_stroke_costs_by_its_length_not_its_weight() -> None:
    thick, thin = torch.ones(2, 1, 1, 32, 32)
    thick[..., 4:10, 4:28] = thin[..., 20:22, 4:28] = -1
    both = torch.minimum(thick, thin)
    whole, no_thin, no_thick = (strokes.lost_lines(x, both).item() for x in (both, thick, thin))
    assert whole == pytest.approx(0, abs=1e-6)
    assert no_thin == pytest.approx(0.5, abs=0.12)
    assert no_thick == pytest.approx(0.5, abs=0.12)
    assert strokes.lost_lines(both, thick).item() == pytest.approx(0, abs=1e-6)  # one too many
    assert strokes.centre_lines(both, thick).item() > 0.2


def test_centre_lines_pull_ink_back_onto_a_lost_stroke() -> None:
    target = torch.ones(1, 1, 16, 16)
    target[..., 7:9, 3:13] = -1
    drawn = torch.zeros(1, 1, 16, 16, requires_grad=True)
    strokes.centre_lines(drawn, target).backward()  # type: ignore[no-untyped-call]
    assert drawn.grad is not None
    assert (drawn.grad[..., 7:9, 4:12] > 0).any()  # descent darkens: ink is -1
    assert not (drawn.grad[..., 7:9, 4:12] < 0).any()


@pytest.mark.parametrize(
    ("settings", "size", "says"),
    [
        ({}, 48, "not 48 px"),
        ({"flow_levels": 9}, 32, "flow_levels = 9: images of 32 px allow 5 at most"),
        ({"adversarial": 0.0, "r1": 1.0}, 32, "adversarial = 0 leaves that out"),
        ({"flow_levels": 0, "bending": 1.0}, 32, "flow_levels = 0 has none"),
    ],
)
def test_what_cannot_be_made_is_an_error(settings: dict[str, Any], size: int, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make(**settings).networks(Task(size, STYLES))


@pytest.mark.parametrize("preset", presets("inkflow"))
def test_presets_fit_their_size(preset: str) -> None:
    settings = load_settings("inkflow", preset)
    with torch.device("meta"):
        settings.method.networks(Task(settings.size or 0, STYLES))


def test_attention_and_blocks_see_places_far_away(data: Path) -> None:
    torch.manual_seed(0)
    batch = batch_of(data)
    for attention in ("self", "cross"):
        method = make(attention=attention, blocks=1, max_width=4)
        nets = method.networks(Task(32, STYLES))
        with torch.no_grad():
            before = method.translate(nets, batch)
            nets["decoder"].look.gate.fill_(1.0)  # type: ignore[union-attr]
            after = method.translate(nets, batch)
        assert before.shape == (4, 1, 32, 32)
        assert not torch.equal(before, after)  # the gate begins closed


def test_attention_finds_the_place_that_is_asked_for() -> None:
    torch.manual_seed(0)
    layer = Attention(4, 4, side=8, heads=1)
    for weight in (layer.ask.weight, layer.key.weight):
        torch.nn.init.zeros_(weight)
    with torch.no_grad():
        layer.gate.fill_(1.0)
        layer.place.zero_()
        seen = torch.randn(2, 4, 8, 8)
        found = layer(torch.zeros(2, 4, 8, 8), seen)
    # Without questions and keys all places are alike: each sees the mean, which is no place's own.
    assert torch.allclose(found, found[..., :1, :1].expand_as(found), atol=1e-5)


def test_a_projecting_discriminator_sees_the_style() -> None:
    torch.manual_seed(0)
    discriminator = PatchDiscriminator(4, layers=2, images=2, projected=3)
    image = torch.randn(2, 2, 32, 32)
    first, second = (discriminator(image, torch.full((2,), style)).logits for style in (0, 1))
    assert first.shape == second.shape == discriminator(image).logits.shape
    assert not torch.allclose(first, second)


def test_a_style_at_the_bottleneck_alone_has_no_other_weights() -> None:
    nets = make(style_at="bottleneck").networks(Task(32, STYLES))
    assert nets["styles"].norms.numel() == 0  # type: ignore[union-attr]


def test_distance_maps_count_how_far_a_stroke_is_from_its_place() -> None:
    truth, near, far, none = torch.ones(4, 1, 1, 32, 32)
    truth[..., 10:13, 4:28] = near[..., 12:15, 4:28] = far[..., 20:23, 4:28] = -1
    costs = [strokes.distance_maps(drawn, truth).item() for drawn in (truth, near, far, none)]
    assert costs[0] == 0
    assert costs[0] < costs[1] < costs[2]
    assert costs[3] > costs[1]  # lost is worse than a little off
