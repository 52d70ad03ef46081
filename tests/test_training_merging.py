"""Strokes that have settled on one another."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.strokes import catalogue
from fontgan.strokes.placing import Layouts, source_of
from fontgan.training.merging import distances, merged

STEPS = torch.linspace(0.2, 0.8, 5)


def bar(height: float) -> Tensor:
    """Return a stroke from left to right, (5, 2)."""
    return torch.stack([STEPS, torch.full((5,), height)], dim=-1)


def glyphs(*strokes: Tensor) -> tuple[Tensor, Tensor]:
    """Return one character of strokes (1, L, 5, 2) and its mask."""
    return torch.stack(strokes)[None], torch.ones(1, len(strokes), dtype=torch.bool)


def test_two_strokes_on_one_bar_have_merged_and_two_on_two_have_not() -> None:
    before, mask = glyphs(bar(0.3), bar(0.5))
    one, _ = glyphs(bar(0.3), bar(0.305))
    two, _ = glyphs(bar(0.4), bar(0.5))
    assert merged(one, before, mask).item() == 1
    assert merged(two, before, mask).item() == 0


def test_a_stroke_that_slid_along_another_has_merged_in_part() -> None:
    before, mask = glyphs(bar(0.3), bar(0.5))
    slid, _ = glyphs(bar(0.3), bar(0.3) + torch.tensor([0.3, 0]))
    assert 0.4 < merged(slid, before, mask).item() < 0.7


def test_strokes_that_crossed_before_have_not_merged() -> None:
    before, mask = glyphs(bar(0.5), bar(0.5).flip(-1))
    assert merged(before, before, mask).item() == 0
    assert distances(before, mask)[0, 0, :, 1].min().item() < 1e-6


def test_a_stroke_that_a_mask_leaves_out_merges_with_nothing() -> None:
    before, _ = glyphs(bar(0.3), bar(0.5))
    after, _ = glyphs(bar(0.3), bar(0.3))
    assert merged(after, before, torch.tensor([[True, False]])).item() == 0
    assert merged(after, before, torch.tensor([[False, False]])).item() == 0


@pytest.mark.parametrize("char", "年意皇就看喜")
def test_the_embedded_fit_of_the_print_has_no_two_strokes_on_one_bar(char: str) -> None:
    sets = [catalogue.find(name) for name in ("hanzi-writer", "noto-sans-sc-fitted")]
    draw = source_of(FontFace.open("noto-sans-sc"), Canvas(64))
    placed = Layouts(sets, Canvas(64, "ink"), draw).place([char])
    before, after = torch.from_numpy(placed.points).unbind()
    assert merged(after, before, torch.from_numpy(placed.mask)).item() < 0.4
    assert np.concatenate(sets[1][char].radii or ()).min() > 0.012
