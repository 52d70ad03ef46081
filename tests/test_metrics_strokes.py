"""Stroke measures on made glyphs whose answers are known by hand; 64 px, so r is 2."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fontgan.data.pairs import PairDataset
from fontgan.metrics import strokes
from fontgan.store.store import GlyphStore


def page(*boxes: tuple[slice, slice], size: int = 64) -> np.ndarray:
    """Return (S, S) grey with ink in the boxes."""
    grey = np.ones((size, size), dtype=np.float32)
    for box in boxes:
        grey[box] = 0
    return grey


ACROSS, DOWN = np.s_[30:33, 8:55], np.s_[8:55, 30:33]
CROSS = page(ACROSS, DOWN)
LEFT, RIGHT, BRIDGE = np.s_[10:54, 10:14], np.s_[10:54, 40:44], np.s_[30:34, 14:40]
BARS = page(LEFT, RIGHT)
BLOCK = page(np.s_[12:52, 12:52])
RING = BLOCK.copy()
RING[17:47, 17:47] = 1
EMPTY = page()


def measure(drawn: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    pair = drawn[None], truth[None]
    values = {**strokes.lines(*pair), **strokes.topology(*pair)}
    return {name: value.item() for name, value in values.items()}


@pytest.mark.parametrize("glyph", [CROSS, BARS, RING, EMPTY], ids=["cross", "bars", "ring", "none"])
def test_a_glyph_has_all_strokes_of_itself(glyph: np.ndarray) -> None:
    perfect = {"cldice": 1, "missing": 0, "extra": 0, "components": 1, "holes": 1}
    assert measure(glyph, glyph) == perfect


def test_a_cross_that_lacks_an_arm() -> None:
    drawn = page(ACROSS, np.s_[8:33, 30:33])
    values = measure(drawn, CROSS)
    # Lines end about two pixels inside the ink; of the arm's 20 pixels 2 are within r.
    assert values["missing"] == pytest.approx(18 / 90, abs=0.01)
    assert values["extra"] == 0
    assert values["cldice"] == pytest.approx(2 * (70 / 90) / (1 + 70 / 90), abs=0.01)
    assert (values["components"], values["holes"]) == (1, 1)
    other = measure(CROSS, drawn)  # the same arm too much
    assert (other["missing"], other["extra"]) == (0, values["missing"])
    assert other["cldice"] == values["cldice"]


def test_a_broken_stroke() -> None:
    drawn = CROSS.copy()
    drawn[40:48, 30:33] = 1  # 8 pixels, of which 4 are further than r from both ends
    values = measure(drawn, CROSS)
    assert values["missing"] == pytest.approx(4 / 90, abs=0.01)
    assert (values["components"], values["holes"]) == (0, 1)


def test_two_strokes_joined() -> None:
    values = measure(page(LEFT, RIGHT, BRIDGE), BARS)
    assert values["missing"] == 0
    assert values["extra"] == pytest.approx(22 / 110, abs=0.03)
    assert (values["components"], values["holes"]) == (0, 1)


def test_a_ring_filled_in() -> None:
    values = measure(BLOCK, RING)
    assert values["missing"] == 0
    assert values["extra"] > 0.3
    assert (values["components"], values["holes"]) == (1, 0)


def test_no_ink_at_all() -> None:
    nothing = {"cldice": 0, "missing": 1, "extra": 0, "components": 0, "holes": 1}
    assert measure(EMPTY, CROSS) == nothing
    assert measure(CROSS, EMPTY) == {**nothing, "missing": 0, "extra": 1}
    assert measure(EMPTY, RING)["holes"] == 0


def test_only_ink() -> None:
    full = 0 * EMPTY
    assert measure(full, full)["cldice"] == 1
    assert measure(full, CROSS)["missing"] == 0


@pytest.mark.parametrize("size", [32, 64, 128])
def test_a_line_may_be_off_by_r(size: int) -> None:
    reach = strokes.radius(size)
    truth = page(np.s_[10:11, 4:28], size=size)
    for off, missing in ((reach, 0), (reach + 1, 1)):
        drawn = page(np.s_[10 + off : 11 + off, 4:28], size=size)
        values = measure(drawn, truth)
        assert (values["missing"], values["extra"]) == (missing, missing)


def test_ink_joins_across_corners_and_paper_does_not() -> None:
    diamond = page()
    for step in range(10):
        for row, column in ((20 + step, 30 + step), (20 + step, 30 - step)):
            diamond[row, column] = diamond[58 - row, column] = 0
    ink = diamond[None] < 0.5
    assert (strokes.components(ink).item(), strokes.holes(ink).item()) == (1, 1)


def test_specks_do_not_count() -> None:
    dusty = CROSS.copy()
    dusty[2, 2] = 0  # one pixel of ink
    dusty[31, 20] = 1  # one of paper
    assert measure(dusty, CROSS)["components"] == measure(dusty, CROSS)["holes"] == 1
    dusty[2, 3] = 0
    assert measure(dusty, CROSS)["components"] == 0


def test_paper_at_the_border_is_no_hole() -> None:
    bay = page(np.s_[10:12, 0:20], np.s_[30:32, 0:20], np.s_[10:32, 20:22])
    assert strokes.holes(bay[None] < 0.5).tolist() == [0]


def test_a_small_dot_keeps_a_line() -> None:
    dot = page(np.s_[30:32, 30:32])[None] < 0.5
    assert strokes.centre_lines(dot).any()
    with_cross = page(ACROSS, DOWN, np.s_[4:6, 4:6])
    assert measure(CROSS, with_cross)["missing"] > 0


@pytest.mark.parametrize("family", [strokes.lines, strokes.topology])
def test_a_batch_is_measured_glyph_by_glyph(data, family: Callable) -> None:
    source, target = PairDataset.of(GlyphStore.open(data)).pixels(np.arange(9))
    drawn, truth = source / 255, target / 255
    together = family(drawn, truth)
    alone = [family(drawn[n : n + 1], truth[n : n + 1]) for n in range(9)]
    for name, values in together.items():
        assert values.tolist() == [one[name].item() for one in alone]
