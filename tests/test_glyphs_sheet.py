from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fontgan.errors import FontganError
from fontgan.glyphs import sheet
from fontgan.glyphs.sheet import Sheet

BLACK = np.zeros((40, 40), np.uint8)


def ink(picture: Image.Image) -> int:
    return int((np.asarray(picture) == 0).sum())


def test_every_image_is_on_it_whole():
    picture = Sheet([[BLACK, BLACK], [BLACK, None]]).image()
    assert ink(picture) == 3 * 40 * 40


def test_labels_stand_beside_the_images_not_on_them():
    plain = Sheet([[BLACK, BLACK]] * 2).image()
    full = Sheet(
        [[BLACK, BLACK]] * 2,
        ["source", "手写 long-cang"],
        ["永", "é"],
        groups=[(0, "one"), (1, "two")],
        title="a title much longer than the two columns are wide",
    ).image()
    assert full.width > plain.width
    assert full.height > plain.height
    assert ink(full) >= ink(plain) == 4 * 40 * 40


def test_chinese_labels_are_drawn_and_unknown_ones_written_as_code_points():
    assert sheet._printable("永 a") == "永 a"
    assert sheet._printable("龘") == "U+9F98"
    assert sheet._printable("not 龘 here") == "not ? here"


def test_without_the_embedded_font_it_still_works(monkeypatch):
    from fontgan.errors import FontError
    from fontgan.faces import catalogue

    def nothing(_):
        raise FontError("not there")

    monkeypatch.setattr(catalogue, "font_path", nothing)
    sheet.label_font.cache_clear()
    sheet._label_face.cache_clear()
    try:
        assert ink(Sheet([[BLACK]], ["abc"]).image()) >= 1600
    finally:
        sheet.label_font.cache_clear()
        sheet._label_face.cache_clear()


def test_saved_as_png(tmp_path):
    path = Sheet([[BLACK]]).save(tmp_path / "new" / "sheet.png")
    assert Image.open(path).format == "PNG"
    assert len(list(path.parent.iterdir())) == 1


def test_rows_of_different_length_and_images_of_different_size():
    picture = Sheet([[BLACK], [BLACK, BLACK[:20, :20]]]).image()
    assert ink(picture) == 2 * 1600 + 400


@pytest.mark.parametrize("rows", [[], [[]], [[None]]])
def test_nothing_to_show(rows):
    with pytest.raises(FontganError, match="no glyph"):
        Sheet(rows).image()


def test_a_sheet_no_viewer_opens_is_refused():
    with pytest.raises(FontganError, match="too large"):
        Sheet([[BLACK]] * 2000).image()
