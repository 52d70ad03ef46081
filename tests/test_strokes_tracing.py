"""Strokes traced from glyph images: junctions become strokes, loops are opened, dots are kept."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fontgan.errors import DataError, FontError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.strokes import catalogue
from fontgan.strokes.paths import Strokes
from fontgan.strokes.tracing import trace, trace_face

SIDE = 256


def drawn(*lines: list[tuple[int, int]], width: int = 20, side: int = SIDE) -> np.ndarray:
    image = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(image)
    for line in lines:
        pen.line(line, fill=0, width=width)
    return np.array(image)


def redrawn(strokes: Strokes, side: int = SIDE) -> np.ndarray:
    """Draw strokes with their radii: (side, side) bool."""
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    ink = np.zeros((side, side), bool)
    wide = strokes.resampled_radii(200)
    for line, radii in zip(strokes.resampled(200), wide, strict=True):
        for (px, py), radius in zip(line, radii, strict=True):
            ink |= np.hypot(x - px, y - py) <= radius
    return ink


def is_flat(line: np.ndarray) -> bool:
    return bool(np.ptp(line[:, 1]) < 0.1 * np.ptp(line[:, 0]))


def test_a_cross_is_two_strokes_through_one_another() -> None:
    found = trace(drawn([(30, 128), (226, 128)], [(128, 30), (128, 226)]))
    assert len(found) == 2
    (down,) = (line for line in found.polylines if not is_flat(line))
    (across,) = (line for line in found.polylines if is_flat(line))
    assert across[0, 0] < 0.2 < 0.8 < across[-1, 0]
    assert down[0, 1] < 0.2 < 0.8 < down[-1, 1]


def test_a_t_is_a_bar_and_a_stroke_that_ends_in_it() -> None:
    found = trace(drawn([(30, 60), (226, 60)], [(128, 60), (128, 226)]))
    bar, stem = found.polylines
    assert is_flat(bar)
    assert bar[0, 0] < bar[-1, 0]
    assert stem[0] == pytest.approx([0.5, 60 / 256], abs=0.02)
    assert stem[0, 1] < stem[-1, 1]


def test_a_corner_is_one_stroke() -> None:
    assert len(trace(drawn([(40, 40), (210, 40), (210, 220)]))) == 1


def test_a_loop_is_one_stroke_opened_at_its_top_left() -> None:
    image = Image.new("L", (SIDE, SIDE), 255)
    ImageDraw.Draw(image).ellipse([50, 50, 206, 206], outline=0, width=16)
    (line,) = trace(np.array(image)).polylines
    assert line[0].sum() < 0.75
    assert np.hypot(*(line[0] - line[-1])) < 0.05
    assert np.ptp(line, axis=0) == pytest.approx([0.55, 0.55], abs=0.05)


def test_a_dot_is_kept_above_its_stem() -> None:
    image = drawn([(128, 110), (128, 220)])
    image[40:60, 118:138] = 0
    dot, stem = trace(image).polylines
    assert dot.mean(0) == pytest.approx([0.5, 50 / 256], abs=0.02)
    assert len(stem) >= 2


def test_one_inked_pixel_is_a_stroke_of_one_point() -> None:
    image = np.full((SIDE, SIDE), 255, np.uint8)
    image[100, 50] = 0
    (line,) = trace(image).polylines
    assert line.tolist() == [[50.5 / SIDE, 100.5 / SIDE]]


def test_ink_at_the_edge_of_the_image_is_traced() -> None:
    assert (trace(np.zeros((64, 64), np.uint8)).polylines[0] >= 0).all()
    image = np.full((64, 64), 255, np.uint8)
    image[:, :6] = 0
    (line,) = trace(image).polylines
    assert line[:, 0] == pytest.approx(3 / 64, abs=0.02)


@pytest.mark.parametrize("char", "永国大字g8")
def test_what_is_traced_draws_the_glyph_again(char: str) -> None:
    image = Canvas(SIDE, "em", 0.1).draw(FontFace.open("ma-shan-zheng"), char)
    ink, again = image < 128, redrawn(trace(image))
    assert (ink & again).sum() / (ink | again).sum() > 0.75
    assert (ink & again).sum() / again.sum() > 0.9


def test_a_small_image_gives_the_strokes_of_a_large_one() -> None:
    face = FontFace.open("noto-sans-sc")
    small, large = (trace(Canvas(size, "em", 0.1).draw(face, "大")) for size in (64, 256))
    assert len(small) == len(large)
    assert np.abs(small.resampled(8) - large.resampled(8)).max() < 0.04


def test_a_face_is_traced_in_em_units() -> None:
    (traced,) = trace_face(FontFace.open("noto-sans-sc"), "一").polylines
    (known,) = catalogue.find("hanzi-writer")["一"].polylines
    assert traced.mean(0) == pytest.approx(known.mean(0), abs=0.1)
    with pytest.raises(FontError, match="does not draw"):
        trace_face(FontFace.open("noto-sans-sc"), "ก")


@pytest.mark.parametrize(
    ("image", "complaint"),
    [
        (np.full((64, 64), 255, np.uint8), "no ink to trace"),
        (np.zeros((64, 32), np.uint8), "must be .S, S. uint8"),
        (np.zeros((64, 64), np.float32), "must be .S, S. uint8"),
    ],
)
def test_what_cannot_be_traced_is_refused(image: np.ndarray, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        trace(image)
