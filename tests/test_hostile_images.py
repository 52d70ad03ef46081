"""Images that are too large, no images, or no files: refused before a pixel is decoded."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from fontgan.errors import DataError, FontError
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.image_files import read_grey
from fontgan.glyphs.scans import ImageFolder

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 32 32\n%%EndComments\nshowpage\n%%EOF\n"


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, kind=0, *more):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(bytes(64)))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + body + chunk(b"IEND", b"")


def text_bomb():
    info, file = PngImagePlugin.PngInfo(), io.BytesIO()
    info.add_text("a", "x" * 2**21, zip=True)
    Image.new("L", (8, 8)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


HOSTILE = {
    "a bomb": png(30_000, 30_000),
    "below Pillow's own warning": png(9_400, 9_400, 6),
    "a line": png(1, 170_000_000),
    "a shorter line": png(1, 60_000_000),
    "a broken chunk": png(8, 8, 0, b"\0\0\0\4\0\1\2\3abcdefgh"),
    "a text bomb": text_bomb(),
    "a program for Ghostscript": EPS,
    "cut": png(64, 64),
    "nothing": b"",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_image_is_one_line(tmp_path, data, recwarn):
    (tmp_path / "U+0061.png").write_bytes(data)
    with pytest.raises(FontError, match="is a damaged image") as raised:
        ImageFolder(tmp_path).status("a")
    assert len(str(raised.value)) < 400 + len(str(tmp_path))
    with pytest.raises(DataError, match="is a damaged image"):
        read_grey(tmp_path / "U+0061.png", DataError)
    assert not recwarn.list


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_named_like_an_image_is_left_out(tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / "b.png")
    os.mkfifo(tmp_path / "a.png")
    assert list(ImageFolder(tmp_path).files) == ["b"]
    with pytest.raises(OSError, match="pipe"):
        read_grey(tmp_path / "a.png", DataError)


def test_odd_metadata_is_no_noise(tmp_path):
    picture = Image.new("P", (8, 8))
    picture.info["transparency"] = bytes(256)
    picture.save(tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ImageFolder(tmp_path).status("a") in ("drawn", "blank")


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_laid_on_white(tmp_path, mode):
    picture = Image.new(mode, (4, 4), (0, 0, 0, 128) if mode == "RGBA" else (0, 128))
    picture.putpixel((0, 0), (0, 0, 0, 255) if mode == "RGBA" else (0, 255))
    page = Image.new(mode, (40, 40), (255,) * len(mode))
    page.paste(picture, (10, 10))
    page.save(tmp_path / "a.png")
    image = np.empty((40, 40), np.uint8)
    assert ImageFolder(tmp_path).draw_into(image, Canvas(40, margin=0), "a") == "drawn"
    assert (image[0, 0], image[10, 10], image[12, 12]) == (255, 0, 127)


def test_deep_pictures_need_no_doubles_and_bear_what_is_no_number(tmp_path):
    values = np.full((32, 32), 1.0, np.float32) * 255
    values[8:20, 8:20] = 0
    values[0, 0], values[1, 1] = np.nan, np.inf
    Image.fromarray(values).save(tmp_path / "a.tiff")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ImageFolder(tmp_path).status("a") == "drawn"
