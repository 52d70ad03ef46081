"""Methods that look at the parts of a character, or at its strokes: tpgan and capggan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from test_methods import SETTINGS, SMALL_MULTISCALE, SMALL_TPGAN, TASK
from test_methods_adversarial import normed, shapes, weights
from tiny_strokes import stroked_pairs

from fontgan import methods
from fontgan.config import fill
from fontgan.data.batch import GlyphBatch, StrokeBatch, Task
from fontgan.data.sampling import Shuffle
from fontgan.errors import ConfigError
from fontgan.methods.capggan import CapgGan
from fontgan.nn.multiscale import MultiScaleGenerator, multiscale_channels
from fontgan.nn.parts import Windows, borders
from fontgan.training.settings import load_settings
from fontgan.training.trainer import Trainer


def line(*points: tuple[float, float]) -> list[tuple[float, float]]:
    return [points[0], points[-1]]


# Strokes of two points each, as they are written.
RIVER = [line((0.1, 0.1), (0.2, 0.9)), line((0.4, 0.2), (0.9, 0.2)), line((0.5, 0.3), (0.8, 0.9))]
TWO = [line((0.2, 0.2), (0.8, 0.2)), line((0.1, 0.8), (0.9, 0.8))]
TREE = [line((0.1, 0.4), (0.9, 0.4)), line((0.5, 0.1), (0.5, 0.9))]


def strokes(*glyphs: list[list[tuple[float, float]]]) -> tuple[torch.Tensor, torch.Tensor]:
    most = max(map(len, glyphs))
    points, mask = torch.zeros(len(glyphs), most, 2, 2), torch.zeros(len(glyphs), most).bool()
    for number, glyph in enumerate(glyphs):
        points[number, : len(glyph)] = torch.tensor(glyph)
        mask[number, : len(glyph)] = True
    return points, mask


def test_a_character_falls_apart_where_its_components_do() -> None:
    found = borders(*strokes(RIVER, TWO, TREE, TREE[:1]))
    wanted = [[0.3, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]
    assert torch.allclose(found, torch.tensor(wanted))
    lopsided = [*TWO[:1], line((0.1, 0.4), (0.9, 0.9))]
    assert torch.allclose(borders(*strokes(lopsided)), torch.tensor([[0.5, 0.3]]))


@pytest.mark.parametrize("border", [None, torch.tensor([[0.5, 0.5], [0.3, 0.5]])])
def test_what_is_cut_out_is_put_back_where_it_was(border: torch.Tensor | None) -> None:
    images = torch.rand(2, 3, 32, 32)
    windows = Windows(32, border)
    seen = torch.zeros(2, 3, 32, 32).bool()
    for number in range(4):
        part = windows.cut(images, number)
        assert part.shape == (2, 3, 20, 20)
        back = windows.put(part, number, 9.0)
        own = back != 9.0
        assert torch.equal(back[own], images[own])
        assert int(own.sum()) == 2 * 3 * 20 * 20
        seen |= own
    assert bool(seen[0].all())  # the quadrants of the middle leave nothing out


def test_windows_follow_the_border() -> None:
    middle, left = torch.tensor([[0.5, 0.5]]), torch.tensor([[0.3, 0.5]])
    corners = [[int(x) for x, _ in Windows(64, one).corners] for one in (middle, left)]
    assert corners == [[0, 24, 0, 24], [0, 22, 0, 22]]


def test_it_draws_at_three_sizes_and_the_published_maps() -> None:
    """128 px: five maps of 64 to 512 channels down to 8 x 8 pixels, drawings of 32, 64, 128."""
    assert multiscale_channels(128, 64) == [64, 64, 128, 256, 512]
    net = MultiScaleGenerator(64, width=2, features=3)
    drawn = net(torch.zeros(2, 1, 64, 64), torch.zeros(2, 0))
    assert [image.shape[-1] for image in drawn] == [16, 32, 64]
    with torch.device("meta"):
        paper = load_settings("tpgan", "paper").method.networks(Task(128, ("alone",)))
    assert paper["generator"].dense.weight.shape == (512, 8 * 8 * 512)
    assert paper["generator"].spread.weight.shape == (8 * 8 * 64, 256 + 100)


def level(kernel: int, inputs: int, outputs: int) -> int:
    """Return those of a convolution and a residual block."""
    return normed(kernel, inputs, outputs) + 2 * normed(3, outputs, outputs)


def patches(channels: int) -> int:
    """Return those of the discriminator of patches: CycleGAN's, 2,764,737 of three channels.

    It has no biases before its norms.
    """
    return 2_764_737 - (128 + 256 + 512) - (3 - channels) * 64 * 16


# Neither method has an official number here. TP-GAN's authors' layers are followed on the global
# path, but glyphs have no symmetry, and no recogniser is there; CAPG-GAN has no official code.
@pytest.mark.parametrize(
    ("name", "read", "code", "joined"),
    [
        ("tpgan", 1, 100, 65),  # the noise; what the local paths found, and what they drew
        ("capggan", 3, 0, 0),  # two maps beside the source
    ],
)
def test_the_paper_has_the_weights_of_its_layers(
    name: str, read: int, code: int, joined: int
) -> None:
    """At 128 px: a dense code of 256 numbers (maxout), 64 to 512 channels, three drawings."""
    ours = shapes(name, "paper", Task(128, ("alone",)))
    down = level(7, read, 64) + level(5, 64, 64) + level(3, 64, 128)
    down += level(3, 128, 256) + level(3, 256, 512) + 3 * 2 * normed(3, 512, 512)
    dense = (8 * 8 * 512 + 1) * 512 + (256 + code + 1) * 8 * 8 * 64
    up = sum(normed(3, width, width) for width in (512, 256, 128, 64))
    up += normed(3, 64 + 512, 512) + normed(3, 512 + 256, 256) + normed(3, 256 + 128, 128)
    up += normed(3, 128 + 64 + 1, 64) + normed(3, 64 + 64 + 1 + joined, 64)
    heads = 9 * (128 + 64 + 64) + 3
    assert weights(ours["generator"]) == down + dense + up + heads
    judges = {"tpgan": {"": 1}, "capggan": {"": 2, "_skeleton": 3}}[name]
    for judge, shown in judges.items():
        assert weights(ours[f"discriminator{judge}"]) == patches(shown)
    if name == "tpgan":
        path = level(3, 1, 64) + level(3, 64, 128) + level(3, 128, 256) + 9 * 64 + 1
        path += normed(3, 256, 128) + normed(3, 256, 128) + normed(3, 128, 64) + normed(3, 128, 64)
        assert weights(ours["parts"]) == 4 * path


def small(name: str, **words: Any) -> Any:
    more = SMALL_TPGAN if name == "tpgan" else {}
    return fill(methods.find(name), SMALL_MULTISCALE | more | words)


def test_fixed_windows_ask_for_no_strokes(data: Path) -> None:
    method = small("tpgan", windows="fixed", generator_steps=2)
    assert method.stroke_input is None
    assert small("tpgan").stroke_input.sets[0] == "hanzi-writer"
    assert [step.name for step in method.steps()] == ["generator", "generator", "discriminator"]
    batch = stroked_pairs(data).batch(Shuffle(48, 4, 0).batch(0))
    without = replace(batch, strokes=StrokeBatch.none(batch.source))
    nets = method.networks(TASK)
    assert torch.equal(method.translate(nets, batch), method.translate(nets, without))
    losses = Trainer(method, TASK, SETTINGS, torch.device("cpu")).iterate(without)
    assert len(losses["generator/parts"]) == 2


def test_a_skeleton_and_its_ends_are_on_the_maps() -> None:
    method = small("capggan")
    assert isinstance(method, CapgGan)
    points, mask = strokes(TREE)
    batch = GlyphBatch.of_sources(torch.ones(1, 1, 64, 64), torch.zeros(1).long(), torch.zeros(1))
    batch = replace(batch, strokes=StrokeBatch(points[:, None], mask))
    lines, ends = method.maps(batch)[0]
    assert lines[25, 20] < 0 and lines[50, 32] < 0 and lines[50, 20] > 0.9
    assert ends[25, 6] < 0 and ends[25, 20] > 0.9


def test_without_strokes_the_maps_are_blank_and_it_draws() -> None:
    method = small("capggan")
    batch = GlyphBatch.of_sources(torch.ones(2, 1, 32, 32), torch.zeros(2).long(), torch.zeros(2))
    assert torch.equal(method.maps(batch), torch.ones(2, 2, 32, 32))
    assert method.translate(method.networks(TASK), batch).shape == (2, 1, 32, 32)


def test_the_skeleton_guides(data: Path) -> None:
    """Another skeleton is another drawing, and the second judge sees it."""
    method = small("capggan")
    nets = method.networks(TASK)
    batch = stroked_pairs(data).batch(Shuffle(48, 4, 0).batch(0))
    blank = replace(batch, strokes=StrokeBatch.none(batch.source))
    assert not torch.allclose(method.translate(nets, batch), method.translate(nets, blank))
    shown = torch.cat([method.maps(batch), batch.target], dim=1)
    assert shown.shape[1] == nets["discriminator_skeleton"].critics[0].convs[0].in_channels
    assert nets["discriminator"].critics[0].convs[0].in_channels == 2


@pytest.mark.parametrize("name", ["tpgan", "capggan"])
def test_what_they_cannot_do_is_one_line(name: str) -> None:
    with pytest.raises(ConfigError, match="set method\\.norm=conditional"):
        small(name, norm="batch", style_code=0).networks(TASK)
    with pytest.raises(ConfigError, match="32 px or a power of two"):
        small(name).networks(Task(16, TASK.styles))


def test_what_draws_along_strokes_says_why_it_is_no_onnx_file(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from fontgan import workflows

    words = [f"{key}={value}" for key, value in SMALL_MULTISCALE.items() if key != "norm"]
    words += ["style_code=2", "iterations=1", "batch_size=4"]
    workflows.train(data, tmp_path / "run", method="capggan", settings=words, device="cpu")
    with pytest.raises(ConfigError, match="draws along strokes"):
        workflows.export_onnx(tmp_path / "run", tmp_path / "model.onnx")
