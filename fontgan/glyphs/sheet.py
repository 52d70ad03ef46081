"""Sheet: a labelled grid of glyph images as one picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from fontgan.errors import FontError, FontganError
from fontgan.faces.face import FontFace
from fontgan.files import atomic_write

Cell = np.ndarray | None
_PAPER, _BORDER, _CROSS, _TEXT, _FAINT = 255, 216, 222, 40, 120
_LIMIT = 30_000  # pixels of a side; beyond it picture viewers give up
_PAD = 10


@dataclass(frozen=True)
class Sheet:
    """Rows of glyph images with labels; it arranges, it does not draw glyphs.

    Attributes:
        rows: rows of (S, S) uint8 images; None is shown as a light cross.
        row_labels: one text a row, on the left; empty for no labels.
        column_labels: one text a column, on top; empty for no labels.
        groups: headings: (first row, text) each, shown above that row.
        column_groups: the same for columns; a group begins after a wider gap.
        title: a line above everything.
        gap: pixels between cells.
        font_size: of the labels, in pixels.

    """

    rows: Sequence[Sequence[Cell]]
    row_labels: Sequence[str] = ()
    column_labels: Sequence[str] = ()
    groups: Sequence[tuple[int, str]] = ()
    column_groups: Sequence[tuple[int, str]] = ()
    title: str = ""
    gap: int = 4
    font_size: int = 14

    def image(self) -> Image.Image:
        """Return the picture, grey, white paper.

        Raises:
            FontganError: no image in it, or more than a picture can hold.

        """
        cell = self._cell()
        left, tops, height = self._left(), self._tops(cell), 0
        columns = max(len(row) for row in self.rows)
        lefts = self._lefts(left, columns, cell)
        width = lefts[-1] + cell + _PAD
        width = max(width, _PAD * 2 + self._width(self.title))
        height = (tops[-1] if tops else 0) + cell + _PAD
        if max(width, height) > _LIMIT:
            raise FontganError(
                f"a sheet of {width} x {height} pixels is too large; take fewer or smaller glyphs"
            )
        page = Image.new("L", (width, height), _PAPER)
        self._write_labels(ImageDraw.Draw(page), left, lefts, tops, cell)
        for row, top in zip(self.rows, tops, strict=True):
            for column, image in enumerate(row):
                _paste(page, image, lefts[column], top, cell)
        return page

    def save(self, path: str | Path) -> Path:
        """Write the picture as PNG, whole or not at all; return the path."""
        if Path(path).suffix.lower() not in ("", ".png"):
            raise FontganError(f"{path}: a sheet is a PNG picture; name it so, with .png")
        picture = self.image()
        with atomic_write(path) as part:
            picture.save(part, format="PNG", compress_level=6)
        return Path(path)

    def _cell(self) -> int:
        sides: set[tuple[int, ...]] = {
            image.shape for row in self.rows for image in row if image is not None
        }
        if not sides:
            raise FontganError("there is no glyph to put on the sheet")
        return max(max(shape) for shape in sides)

    def _left(self) -> int:
        widest = max((self._width(label) for label in self.row_labels), default=0)
        return _PAD + (widest + _PAD if widest else 0)

    def _lefts(self, left: int, columns: int, cell: int) -> list[int]:
        begins = [column for column, _ in self.column_groups if column]
        wider = [sum(column >= begin for begin in begins) for column in range(columns)]
        return [
            left + column * (cell + self.gap) + 4 * self.gap * wider[column]
            for column in range(columns)
        ]

    def _tops(self, cell: int) -> list[int]:
        line, headed = self.font_size + 8, {row for row, _ in self.groups}
        top = _PAD + (line + 4 if self.title else 0)
        top += line * (bool(self.column_labels) + bool(self.column_groups))
        tops = []
        for row in range(len(self.rows)):
            top += line + (8 if row else 0) if row in headed else 0
            tops.append(top)
            top += cell + self.gap
        return tops

    def _write_labels(
        self,
        draw: ImageDraw.ImageDraw,
        left: int,
        lefts: Sequence[int],
        tops: Sequence[int],
        cell: int,
    ) -> None:
        font, line = label_font(self.font_size), self.font_size + 8
        if self.title:
            title = _printable(self.title)
            draw.text((_PAD, _PAD), title, _TEXT, label_font(self.font_size + 2))
        above = tops[0] - (line if 0 in {row for row, _ in self.groups} else 0) - 5
        for column, label in enumerate(self.column_labels):
            middle = lefts[column] + cell // 2
            draw.text((middle, above), _printable(label), _TEXT, font, anchor="ms")
        above -= line if self.column_labels else 0
        for column, label in self.column_groups:
            draw.text((lefts[column], above), _printable(label), _FAINT, font, anchor="ls")
        for top, label in zip(tops, self.row_labels, strict=False):
            draw.text((left - _PAD, top + cell // 2), _printable(label), _TEXT, font, anchor="rm")
        for row, label in self.groups:
            draw.text((left, tops[row] - 6), _printable(label), _FAINT, font, anchor="ls")

    def _width(self, text: str) -> int:
        return round(label_font(self.font_size).getlength(_printable(text))) if text else 0


@cache
def label_font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return the font of labels: the embedded Noto Sans SC, else Pillow's own."""
    from fontgan.faces import catalogue, unpack

    try:
        source = unpack.readable(catalogue.font_path(catalogue.find("noto-sans-sc")))
    except (FontError, OSError):
        return ImageFont.load_default(size)
    return ImageFont.truetype(io.BytesIO(source) if isinstance(source, bytes) else source, size)


@cache
def _label_face() -> FontFace | None:
    try:
        return FontFace.open("noto-sans-sc")
    except (FontError, OSError):
        return None


def _printable(text: str) -> str:
    """Write what the labels' font lacks as a code point, in a long text as a question mark."""
    face = _label_face()
    if face is None:
        return text
    known = {char: char == " " or face.has(char) for char in set(text)}
    return "".join(
        char if known[char] else f"U+{ord(char):04X}" if len(text) <= 3 else "?" for char in text
    )


def _paste(page: Image.Image, image: Cell, left: int, top: int, cell: int) -> None:
    draw = ImageDraw.Draw(page)
    right, bottom = left + cell, top + cell
    if image is None:
        inset = cell // 4
        draw.line((left + inset, top + inset, right - inset, bottom - inset), _CROSS)
        draw.line((left + inset, bottom - inset, right - inset, top + inset), _CROSS)
    else:
        height, width = image.shape
        at = left + (cell - width) // 2, top + (cell - height) // 2
        page.paste(Image.fromarray(np.ascontiguousarray(image)), at)
    draw.rectangle((left - 1, top - 1, right, bottom), outline=_BORDER)


def grid(images: Sequence[Cell], columns: int) -> list[list[Cell]]:
    """Break a line of images into rows."""
    return [list(images[i : i + columns]) for i in range(0, len(images), columns)]
