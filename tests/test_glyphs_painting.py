from __future__ import annotations

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from made_fonts import save, some_glyphs
from PIL import Image

from fontgan.errors import ConfigError, FontError, FontganError
from fontgan.faces.face import FontFace
from fontgan.glyphs import painting as drawing
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.painting import Workers, draw_many
from fontgan.glyphs.png import encode
from fontgan.glyphs.scans import ImageFolder

CANVAS = Canvas(64)


@pytest.fixture
def font(tmp_path):
    shapes = some_glyphs("".join(map(chr, range(0x4E00, 0x4E00 + 1200))))
    return str(save(tmp_path / "a.ttf", shapes | {"x": ()}))


def test_many_glyphs_come_in_order_with_their_status(font):
    drawn = list(draw_many(font, "丁x三é一", CANVAS))
    assert [(char, status) for char, _, status in drawn] == [
        ("丁", "drawn"), ("x", "blank"), ("三", "drawn"), ("é", "missing"), ("一", "drawn"),
    ]  # fmt: skip
    face = FontFace.open(font)
    for char, image, status in drawn:
        assert (image is not None) == (status == "drawn")
        assert image is None or np.array_equal(image, CANVAS.draw(face, char))


def test_two_processes_draw_what_one_does(font, monkeypatch):
    monkeypatch.setattr(drawing, "GLYPHS_PER_PROCESS", 1)
    chars = "".join(map(chr, range(0x4E00, 0x4E00 + 1200)))
    one = [image for _, image, _ in draw_many(font, chars, CANVAS)]
    two = [image for _, image, _ in draw_many(font, chars, CANVAS, jobs=2)]
    assert np.array_equal(one, two)


def test_few_glyphs_do_not_start_processes():
    assert [Workers(8, glyphs).jobs for glyphs in (10, 2_999, 3_000, 10**6)] == [1, 1, 2, 8]
    with pytest.raises(ConfigError):
        Workers(0, 10)


def test_an_error_in_a_process_arrives_and_a_dead_process_is_told():
    with Workers(2, 10**6) as workers, pytest.raises(FontError, match="no such font"):
        list(workers.map(drawing.survey, [("no/a.ttf", "a"), ("no/b.ttf", "b")]))
    with Workers(2, 10**6) as workers, pytest.raises(FontganError, match="was killed"):
        list(workers.map(os._exit, [(1,), (1,)]))


def test_drawing_does_not_import_torch():
    code = "import sys, fontgan.workflows.rendering; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_our_png_is_lossless():
    dice = np.random.default_rng(0)
    for shape in ((1, 1), (33, 57), (128, 128)):
        image = dice.integers(0, 256, shape, np.uint8)
        with Image.open(io.BytesIO(encode(image))) as picture:
            assert picture.mode == "L"
            assert np.array_equal(np.asarray(picture), image)


def test_images_of_a_rendered_font_come_back_unchanged(font, tmp_path):
    folder = tmp_path / "scan"
    folder.mkdir()
    face = FontFace.open(font)
    for char in "一丁三":
        (folder / f"{char}.png").write_bytes(encode(CANVAS.draw(face, char)))
    for char, image, status in draw_many(f"images:{folder}", "一丁三七", CANVAS):
        assert status == ("missing" if char == "七" else "drawn")
        assert image is None or np.array_equal(image, CANVAS.draw(face, char))


def scan(paper: int, ink: int) -> np.ndarray:
    page = np.full((200, 100), paper, np.uint8)
    page[50:90, 20:40] = ink
    return page


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255), (230, 40)])
def test_scans_are_lifted_inverted_cropped_and_centred(tmp_path, paper, ink):
    Image.fromarray(scan(paper, ink)).save(tmp_path / "U+4E00.png")
    Image.fromarray(np.full((9, 9), paper, np.uint8)).save(tmp_path / "二.png")
    (tmp_path / "notes.txt").write_text("x")
    Image.fromarray(scan(0, 9)).save(tmp_path / "page 1.png")
    folder = ImageFolder(tmp_path)
    assert [folder.status(char) for char in "一二三"] == ["drawn", "blank", "missing"]
    image = np.empty((100, 100), np.uint8)
    assert folder.draw_into(image, Canvas(100, "ink", margin=0.1), "一") == "drawn"
    dark = image < 100
    assert (dark.any(0).sum(), dark.any(1).sum()) == (40, 80)
    assert image[0, 0] == 255
    folder.draw_into(image, Canvas(100, "em"), "一")  # the whole page, 50 x 100, in the middle
    rows = np.flatnonzero((image < 100).any(1))
    assert (rows[0], rows[-1] + 1) == (25, 45)


def test_other_kinds_of_image(tmp_path):
    grey = scan(255, 0)
    clear = np.zeros((200, 100, 4), np.uint8)
    clear[..., 3] = 255 - grey
    Image.fromarray(clear).save(tmp_path / "一.png")
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "丁.png")
    Image.fromarray(grey).convert("1").save(tmp_path / "三.png")
    folder, images = ImageFolder(tmp_path), []
    for char in "一丁三":
        images.append(np.empty((64, 64), np.uint8))
        assert folder.draw_into(images[-1], CANVAS, char) == "drawn"
    assert np.array_equal(images[0], images[1])
    assert np.array_equal(images[0], images[2])


def test_damaged_and_absent_images(tmp_path):
    with pytest.raises(FontError, match="no image named"):
        ImageFolder(tmp_path)
    with pytest.raises(FontError, match="no folder"):
        ImageFolder(tmp_path / "nowhere")
    (tmp_path / "一.png").write_bytes(encode(CANVAS_WHITE)[:60])
    with pytest.raises(FontError, match="damaged image"):
        ImageFolder(tmp_path).status("一")


CANVAS_WHITE = np.full((64, 64), 255, np.uint8)
