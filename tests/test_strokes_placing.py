"""Strokes on a data set's canvas: where they come from and where they lie."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fontgan.errors import DataError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.strokes import catalogue
from fontgan.strokes.paths import Strokes
from fontgan.strokes.placing import Layouts, ink_box, source_of
from fontgan.strokes.stroke_set import Header, StrokeSet, write

EM = Canvas(64, "em", 0.05)
INK = Canvas(64, "ink", 0.05)


@pytest.fixture
def sets() -> list[StrokeSet]:
    return [catalogue.find(name) for name in ("hanzi-writer", "kanjivg")]


@pytest.fixture
def derived(tmp_path: Path, sets: list[StrokeSet]) -> StrokeSet:
    header = Header(
        id="fitted",
        title="Fitted",
        version="1",
        source="a test",
        licence="CC0-1.0",
        licence_url="",
        notice="",
        derived_from=("hanzi-writer",),
    )
    moved = {"永": sets[0]["永"].moved(np.full(2, 0.5), np.full(2, 0.25))}
    moved["三"] = Strokes(sets[0]["三"].polylines[:2])  # another number of strokes
    return write(tmp_path / "fitted.safetensors", moved, header)


def test_a_full_width_character_goes_where_the_canvas_puts_the_em_box(sets) -> None:
    placed = Layouts(sets, EM, points=6).place("永あ")
    assert placed.points.shape == (1, 2, 5, 6, 2)
    assert placed.mask.sum(1).tolist() == [5, 3]
    assert placed.origins == ("hanzi-writer", "kanjivg")
    expected = sets[0]["永"].resampled(6) * 0.9 + 0.05
    assert placed.points[0, 0] == pytest.approx(expected, abs=1e-6)
    assert not placed.points[0, 1, 3:].any()


@pytest.mark.parametrize(("canvas", "char"), [(EM, "g"), (EM, "A"), (INK, "永"), (INK, "g")])
def test_others_are_stretched_to_the_ink_of_the_source(sets, canvas: Canvas, char: str) -> None:
    draw = source_of(FontFace.open("noto-sans-sc"), canvas)
    placed = Layouts(sets, canvas, draw, points=64).place([char])
    points = placed.points[0, 0][placed.mask[0]].reshape(-1, 2)
    goal = ink_box(draw(char))
    assert points.min(0) == pytest.approx(goal[0], abs=0.01)
    assert points.max(0) == pytest.approx(goal[1], abs=0.01)


def test_a_flat_character_keeps_its_height(sets) -> None:
    draw = source_of(FontFace.open("noto-sans-sc"), INK)
    placed = Layouts(sets, INK, draw).place("一")
    assert np.ptp(placed.points[0, 0, 0, :, 0]) > 0.7
    assert np.ptp(placed.points[0, 0, 0, :, 1]) < 0.2
    assert placed.points[0, 0, 0, :, 1].mean() == pytest.approx(0.5, abs=0.1)


def test_without_source_glyphs_strokes_fill_the_paper(sets) -> None:
    points = Layouts(sets, INK).place("永").points
    assert np.ptp(points[0, 0].reshape(-1, 2), axis=0).max() == pytest.approx(0.9, abs=0.01)


def test_a_derived_set_is_one_more_layout_of_the_same_strokes(sets, derived) -> None:
    layouts = Layouts([*sets, derived], EM)
    placed = layouts.place("永三一あ")
    assert layouts.count == len(placed.points) == 2
    moved = (placed.points[0, 0] - 0.05) / 0.9 * 0.5 + 0.25
    assert placed.points[1, 0] == pytest.approx(moved * 0.9 + 0.05, abs=1e-3)
    for repeated in (1, 2, 3):
        assert (placed.points[1, repeated] == placed.points[0, repeated]).all()


def test_a_character_in_no_set_is_traced_and_said_to_be(sets) -> None:
    draw = source_of(FontFace.open("noto-sans-sc"), EM)
    placed = Layouts(sets[:1], EM, draw).place("永A")
    assert placed.origins == ("hanzi-writer", "traced")
    assert placed.mask[1].sum() >= 2
    assert (placed.points[0, 1][placed.mask[1]] > 0.05).all()


@pytest.mark.parametrize("draw", [None, source_of(FontFace.open("noto-sans-sc"), EM)])
def test_a_character_in_no_set_and_without_a_source_glyph_is_named(sets, draw) -> None:
    with pytest.raises(DataError, match=r"no strokes of 'ก' \(U\+0E01\) in any set \(hanzi-writer"):
        Layouts(sets, EM, draw).place("永ก")


def test_a_wide_comma_has_the_strokes_of_the_narrow_one_in_its_own_place() -> None:
    draw = source_of(FontFace.open("noto-sans-sc"), EM)
    layouts = Layouts([catalogue.find("hershey-simplex")], EM, draw, points=6)
    placed = layouts.place("，,")
    assert placed.origins == ("hershey-simplex", "hershey-simplex")
    wide, narrow = (placed.points[0, number, placed.mask[number]] for number in (0, 1))
    assert len(wide) == len(narrow)
    assert wide[..., 0].max() < 0.4 < narrow[..., 0].min()
    with pytest.raises(DataError, match="no strokes of '，'"):
        Layouts(layouts.bases, EM, points=6).place("，")


def test_an_empty_source_glyph_is_said_to_be_empty(sets) -> None:
    blank = np.full((64, 64), 255, np.uint8)
    with pytest.raises(DataError, match="no ink"):
        Layouts(sets, INK, lambda _char: blank).place("永")


def test_no_characters_are_no_strokes(sets) -> None:
    assert Layouts(sets, EM).place("").points.shape == (1, 0, 0, 8, 2)
