"""Given handwriting, whose code is wanted: an image, a folder of images, a style of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import DataError, FontError, nearest
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.evenly import evenly
from fontgan.glyphs.names import char_of_filename
from fontgan.glyphs.painting import draw_into, open_style
from fontgan.glyphs.scans import ImageFolder
from fontgan.runs.header import Header
from fontgan.store.store import FaceImages, GlyphStore

Images = NDArray[np.uint8]
T = TypeVar("T")
MOST_GLYPHS = 256


@dataclass(frozen=True)
class Handwriting:
    """What somebody wrote.

    Attributes:
        name: a short one.
        glyphs: at most 256 (B, S, S), evenly chosen, grey, ink 0, on a model's canvas.
        chars: the character of each; of a picture whose name says none, "".
    """

    name: str
    glyphs: Images
    chars: list[str]


class _Picture(ImageFolder):
    """One image of handwriting, whatever its name."""

    def __init__(self, file: Path):
        self.files = {"": file}


def read_handwriting(what: str | Path, header: Header) -> Handwriting:
    """Find handwriting and bring it onto a model's canvas, as ``--images`` styles are.

    Args:
        what: an image file; a folder of images named by their characters; ``STYLE`` of the model's
            data set or ``DATA:STYLE`` of another one. A bare word is a style first: a folder that
            happens to have its name is ./word.
        header: of the model's checkpoint.

    Raises:
        FontganError: there is no such handwriting, or no ink in it.
    """
    text, path = str(what), Path(what)
    canvas = header.canvas
    own = _store(Path(header.data.path))
    if own and text in own.style_names:
        return _of_style(own, own.style(text), canvas)
    if path.is_file():
        written = _draw(path.stem, _Picture(path), [""], canvas, text)
        return replace(written, chars=[char_of_filename(path.stem) or ""])
    if path.is_dir():
        return _of_folder(path, canvas)
    data, colon, style = text.rpartition(":")
    if colon:
        store = GlyphStore.open(data)
        return _of_style(store, store.style(style), canvas)
    if own is None:
        raise DataError(
            f"{text}: no image and no folder of images; the model's data set is not at "
            f"{header.data.path} any more, so name a style as DATA:STYLE"
        )
    raise DataError(
        f"{text}: no image, no folder of images and no style of {own.path}; "
        f"{nearest(text, own.style_names)}"
    )


def _some(items: Sequence[T]) -> list[T]:
    return [items[place] for place in evenly(len(items), MOST_GLYPHS)]


def _store(path: Path) -> GlyphStore | None:
    try:
        return GlyphStore.open(path)
    except DataError:
        return None


def _of_folder(folder: Path, canvas: Canvas) -> Handwriting:
    store = _store(folder)
    if store:
        raise DataError(
            f"{folder} is a data set: name one of its styles, as {folder}:{store.style_names[0]}"
        )
    images = ImageFolder(folder)
    name = folder.absolute().name
    return _draw(name, images, _some(list(images.files)), canvas, str(folder))


def _of_style(store: GlyphStore, style: FaceImages, canvas: Canvas) -> Handwriting:
    rows = _some(range(len(style)))
    chars = [style.chars[row] for row in rows]
    if rows and store.canvas == canvas:
        return Handwriting(style.name, np.asarray(style.images[rows]), chars)
    try:  # drawn again, as scaling would change the strokes that the code is about
        face = open_style(style.spec)
    except FontError as error:
        raise FontError(
            f"{store.path} has another canvas than the model, so {style.name} must be drawn again: "
            f"{error}"
        ) from None
    return _draw(style.name, face, chars, canvas, f"{store.path}:{style.name}")


def _draw(
    name: str, face: FontFace | ImageFolder, chars: Sequence[str], canvas: Canvas, what: str
) -> Handwriting:
    """Draw what has ink of some characters."""
    images = np.full((len(chars), canvas.size, canvas.size), 255, np.uint8)
    drawn = [
        draw_into(image, face, canvas, char) == "drawn"
        for image, char in zip(images, chars, strict=True)
    ]
    if not any(drawn):
        raise FontError(f"{what}: there is no ink on it; give another image of handwriting")
    return Handwriting(name, images[drawn], list(compress(chars, drawn)))
