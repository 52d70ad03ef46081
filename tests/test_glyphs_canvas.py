from __future__ import annotations

import numpy as np
import pytest
from made_fonts import save, variable

from fontgan.errors import ConfigError, FontError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas


def face(tmp_path, *rects, **settings) -> FontFace:
    return FontFace.open(save(tmp_path / "a.ttf", {"一": rects}, **settings))


def box(image: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the ink in pixels."""
    rows, columns = np.flatnonzero((image < 255).any(1)), np.flatnonzero((image < 255).any(0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def test_the_em_box_fills_the_paper_without_its_margin(tmp_path):
    """Units 200-600 across and 0-500 up, em box -120 to 880, on 100 pixels an em."""
    image = Canvas(100, margin=0).draw(face(tmp_path, (200, 0, 600, 500)), "一")
    assert (image.shape, image.dtype) == ((100, 100), np.uint8)
    assert box(image) == (20, 38, 60, 88)
    assert (image[38:88, 20:60] == 0).all()
    assert (255 - image.astype(int)).sum() == 40 * 50 * 255


def test_the_margin_scales_about_the_middle(tmp_path):
    image = Canvas(100, margin=0.1).draw(face(tmp_path, (0, -120, 1000, 880)), "一")
    assert box(image) == (10, 10, 90, 90)


def test_edges_between_pixels_are_exact_grey(tmp_path):
    """A bar of 12.5 pixels is not snapped to whole ones, as hinting would."""
    image = Canvas(100, margin=0).draw(face(tmp_path, (200, 0, 325, 500)), "一")
    row = image[60].astype(int)
    assert list(row[19:34]) == [255, *[0] * 12, 127, 255]


def test_narrow_glyphs_are_centred_by_their_advance(tmp_path):
    image = Canvas(100, margin=0).draw(face(tmp_path, (100, 0, 200, 500), advance=400), "一")
    assert box(image)[::2] == (40, 50)


def test_relative_size_is_kept(tmp_path):
    shapes = {"大": ((0, -100, 1000, 800),), "小": ((400, 300, 600, 400),)}
    opened = FontFace.open(save(tmp_path / "a.ttf", shapes))
    canvas = Canvas(100, margin=0.05)
    boxes = [box(canvas.draw(opened, char)) for char in "大小"]
    assert [b[2] - b[0] for b in boxes] == [90, 18]


@pytest.mark.parametrize(
    ("rect", "where"),
    [
        ((-300, 0, 200, 500), (0, 38, 50, 88)),  # to the left
        ((700, 500, 1300, 1200), (40, 0, 100, 70)),  # to the upper right
        ((100, -500, 300, 0), (10, 50, 30, 100)),  # below
    ],
)
def test_ink_outside_is_moved_in_and_not_cut(tmp_path, rect, where):
    image = Canvas(100, margin=0).draw(face(tmp_path, rect), "一")
    assert box(image) == where


def test_only_ink_larger_than_the_paper_is_shrunk(tmp_path):
    image = Canvas(100, margin=0).draw(face(tmp_path, (-1000, 0, 3000, 500)), "一")
    left, top, right, bottom = box(image)
    assert (left, right) == (0, 100)
    assert bottom - top in (13, 14)
    ink = (255 - image.astype(int)).sum() / 255
    assert ink == pytest.approx(100 * 12.5, rel=0.01)


def test_fit_ink_centres_and_fills(tmp_path):
    opened = face(tmp_path, (0, 0, 200, 100))
    image = Canvas(100, fit="ink", margin=0.1).draw(opened, "一")
    assert box(image) == (10, 30, 90, 70)
    assert (255 - image.astype(int)).sum() / 255 == pytest.approx(80 * 40, rel=0.01)


def test_the_same_glyph_is_the_same_bytes(tmp_path):
    opened = FontFace.open(variable(tmp_path / "v.ttf"))
    for fit in ("em", "ink"):
        canvas = Canvas(77, fit)
        first = canvas.draw(opened, "一")
        canvas.draw(opened, "一")
        again = canvas.draw(FontFace.open(opened.spec), "一")
        assert first.tobytes() == again.tobytes()


def test_latin_lines_taller_than_the_em_are_centred(tmp_path):
    """Ascender 1.0 and descender -0.5: their middle, 0.25 em, comes to the middle."""
    shapes = {"x": ((0, 200, 500, 300),)}
    opened = FontFace.open(save(tmp_path / "a.ttf", shapes, ascent=1000, descent=-500))
    assert opened.em_middle == 0.25
    assert box(Canvas(100, margin=0).draw(opened, "x"))[1::2] == (45, 55)


def test_hanzi_in_a_tall_line_take_the_usual_em_box(tmp_path):
    opened = face(tmp_path, (0, 200, 500, 300), ascent=1000, descent=-500)
    assert opened.em_middle == pytest.approx(0.38)


@pytest.mark.parametrize(
    ("name", "char"),
    [("noto-sans-sc", "永"), ("noto-sans-sc", "，"), ("ma-shan-zheng", "鼻"), ("caveat", "g")],
)
def test_the_share_of_ink_is_the_same_at_every_size(name, char):
    """Coverage is exact; hinting or a threshold would thicken or lose thin strokes."""
    opened = FontFace.open(name)
    shares = [(255 - Canvas(s).draw(opened, char).astype(float)).mean() / 255 for s in (64, 256)]
    assert shares[0] == pytest.approx(shares[1], rel=0.02, abs=2e-4)


def test_what_a_face_does_not_draw(tmp_path):
    with pytest.raises(FontError, match=r"does not draw '丁' \(U\+4E01\): missing"):
        Canvas().draw(face(tmp_path, (0, 0, 100, 100)), "丁")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"size": 31}, "32 to 512"),
        ({"size": 513}, "32 to 512"),
        ({"size": 64.0}, "whole number"),
        ({"size": True}, "whole number"),
        ({"fit": "emm"}, "did you mean em"),
        ({"margin": 0.5}, "0 to 0.4"),
        ({"margin": float("nan")}, "0 to 0.4"),
    ],
)
def test_impossible_settings(settings, says):
    with pytest.raises(ConfigError, match=says):
        Canvas(**settings)


def test_plain_values():
    canvas = Canvas(96, "ink", 0.1)
    assert Canvas.from_dict(canvas.to_dict()) == canvas
    with pytest.raises(ConfigError, match="did you mean margin"):
        Canvas.from_dict({"size": 64, "margn": 0})
