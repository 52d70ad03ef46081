"""ImageFolder: a style made of image files, one a character, such as scanned handwriting."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from fontgan.errors import FontError
from fontgan.faces.finding import slug
from fontgan.files import sha256
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.image_files import SUFFIXES, open_image
from fontgan.glyphs.names import char_of_filename

PREFIX = "images:"
_INK = 160  # a pixel darker than this counts as ink when the ink box is sought


class ImageFolder:
    """Images named by character or code point; it answers like a ``FontFace``."""

    family = subfamily = copyright = licence = licence_url = ""

    def __init__(self, folder: str | Path):
        """Look through a folder.

        Raises:
            FontError: no such folder, or no image named by a character in it.

        """
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise FontError(f"{folder} is no folder of images")
        self.id = slug(self.folder.absolute().name)
        self.spec = f"{PREFIX}{self.folder.absolute()}"
        self.files = _by_char(self.folder)
        if not self.files:
            raise FontError(
                f"{folder} holds no image named by its character (like 一.png or U+4E00.png)"
            )

    def __reduce__(self) -> tuple[Callable[[str], ImageFolder], tuple[str]]:
        return (ImageFolder, (str(self.folder),))

    @cached_property
    def sha256(self) -> str:
        """Return the SHA-256 over the names and contents of the images."""
        lines = (f"{char} {sha256(file)}\n" for char, file in sorted(self.files.items()))
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def has(self, char: str) -> bool:
        """Tell whether there is an image of the character with ink on it."""
        return self.status(char) == "drawn"

    def status(self, char: str) -> str:
        """Return drawn, missing (no file) or blank (no ink)."""
        file = self.files.get(char)
        if file is None:
            return "missing"
        return _status(_read(file))

    def draw_into(self, image: np.ndarray, canvas: Canvas, char: str) -> str:
        """Bring an image onto the canvas, (S, S) uint8, ink 0 on paper 255; return the status.

        Fit em scales the whole image to the canvas; fit ink crops the ink, centres and scales it.
        """
        file = self.files.get(char)
        if file is None:
            return "missing"
        grey = _read(file)
        status = _status(grey)
        if status == "drawn":
            side = canvas.size
            if canvas.fit == "ink":
                grey, side = _crop(grey), round(canvas.size * (1 - 2 * canvas.margin))
            image[:] = _centred(grey, side, canvas.size)
        return status


def _by_char(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for file in sorted(folder.iterdir()):
        char = char_of_filename(file.stem) if file.suffix.lower() in SUFFIXES else None
        if char is not None and file.is_file():  # who opens a pipe waits for ever
            found.setdefault(char, file)
    return found


def _status(grey: np.ndarray) -> str:
    return "drawn" if int(grey.min()) < _INK else "blank"


def _read(file: Path) -> np.ndarray:
    """Read an image as (H, W) uint8 with paper at 255: grey, turned, inverted if paper is dark."""
    with open_image(file, FontError) as opened:
        grey = to_grey(ImageOps.exif_transpose(opened))
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.median(border) < 128:
        grey, border = 255 - grey, 255 - border
    paper = float(np.median(border))
    if paper < 255:  # a scan's paper is grey: lift it to white
        lifted = np.minimum(np.arange(256) * (255 / paper), 255).round().astype(np.uint8)
        grey = lifted[grey]
    return grey


def to_grey(image: Image.Image) -> np.ndarray:
    """Return any image as (H, W) uint8: deep ones scaled, clear ones laid on white paper."""
    if image.mode.startswith(("I", "F")):  # 16 bits and more
        values = np.nan_to_num(np.asarray(image, dtype=np.float32), copy=True)
        values *= 255 / (65_535 if values.max() > 255 else 255)
        return np.rint(values.clip(0, 255, out=values), out=values).astype(np.uint8)
    if image.has_transparency_data:  # laid on white paper
        clear = image if image.mode in ("LA", "RGBA") else image.convert("RGBA")
        paper = Image.new("L", image.size, 255)
        paper.paste(clear.convert("L"), mask=clear.getchannel("A"))
        return np.array(paper)
    return np.array(image.convert("L"))


def _crop(grey: np.ndarray) -> np.ndarray:
    ink = grey < _INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _centred(grey: np.ndarray, side: int, size: int) -> np.ndarray:
    """Scale so that the longer side is ``side`` pixels and centre it on white (S, S)."""
    height, width = grey.shape
    scale = side / max(height, width)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    picture = Image.fromarray(grey)
    if shape != picture.size:
        picture = picture.resize(
            shape, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC
        )
    page = Image.new("L", (size, size), 255)
    page.paste(picture, ((size - shape[0]) // 2, (size - shape[1]) // 2))
    return np.asarray(page)
