"""Glyphs for a font: drawn by a model, and written ones of the same hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from fontgan.errors import DataError, FontError
from fontgan.faces.em import ABOVE, BELOW
from fontgan.fontmaking.shaping import Drawn, Place
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.scans import PREFIX, ImageFolder
from fontgan.inference.model import Model
from fontgan.inference.sources import Sources
from fontgan.methods.base import VectorMethod
from fontgan.store.store import FaceImages, GlyphStore

FINE = 256  # pixels of a side: what written images are traced at
COPIES = 4  # that a scan may hold of a character, beside the first


@dataclass
class Writing:
    """Characters that somebody wrote: a folder of images, or a style of a data set.

    Attributes:
        name: what they are from.
        canvas: where they lie.
        folder: of images, and further copies of them, as a scan writes them.
        images: of a data set, where there is no folder.
    """

    name: str
    canvas: Canvas
    folder: ImageFolder | None = None
    images: FaceImages | None = None
    copies: list[ImageFolder] = field(default_factory=list)

    @classmethod
    def of_folder(cls, folder: str | Path, canvas: Canvas | None = None) -> Writing:
        """Open a folder of images named by their characters.

        Raises:
            FontError: there is none, or no such image in it.
        """
        home = ImageFolder(folder)
        copies = [home.folder / f"copy-{number}" for number in range(2, 2 + COPIES)]
        more = [ImageFolder(one) for one in copies if one.is_dir() and any(one.iterdir())]
        return cls(str(folder), replace(canvas or Canvas(), size=FINE), folder=home, copies=more)

    @classmethod
    def of_model(cls, model: Model, style: str) -> Writing | None:
        """Find what the hand of a style wrote itself, None where it is a font's.

        The folder of images that the data set was built from; the data set, where that is gone.
        """
        record = model.header.styles[model.task.styles.index(style)]
        if not record.spec.startswith(PREFIX):
            return None
        try:
            return cls.of_folder(record.spec.removeprefix(PREFIX), model.canvas)
        except (FontError, OSError):
            pass
        try:
            store = GlyphStore.open(model.header.data.path)
            return cls(f"{store.path}:{style}", store.canvas, images=store.style(style))
        except (DataError, OSError):
            return None

    @property
    def chars(self) -> frozenset[str]:
        """The characters that were written."""
        if self.folder is not None:
            return frozenset(char for char in self.folder.files if self.folder.has(char))
        return frozenset(self.images.chars if self.images else "")

    def drawn(self, char: str, place: Place) -> Drawn:
        """Return the first writing of a character."""
        if self.folder is not None:
            return Drawn(char, self._image(self.folder, char), place)
        assert self.images is not None
        row = self.images.row(char)
        assert row is not None
        return Drawn(char, np.array(self.images.images[row]), place)

    def further(self, char: str, place: Place) -> list[Drawn]:
        """Return the further copies that were written of a character."""
        return [
            Drawn(char, self._image(copy, char), place) for copy in self.copies if copy.has(char)
        ]

    def _image(self, folder: ImageFolder, char: str) -> NDArray[np.uint8]:
        image = np.empty((self.canvas.size, self.canvas.size), np.uint8)
        if folder.draw_into(image, self.canvas, char) != "drawn":
            raise FontError(f"{folder.folder}: the image of {char} changed while it was read")
        return image


def place_of(canvas: Canvas, sources: Sources | None, char: str) -> Place:
    """Return where a canvas lies in the em of a character, as the source font places it."""
    found = canvas.em_of(sources.face, char) if sources else None
    if found is None:  # the em box in the middle of the canvas
        scale = 1 / (1 - 2 * canvas.margin)
        middle = sources.face.em_middle if sources else (ABOVE - BELOW) / 2
        found = scale, -canvas.margin * scale, middle + scale / 2
    return Place(*found)


def drawn_glyphs(
    model: Model,
    sources: Sources,
    style: str,
    chars: Sequence[str],
    batch_size: int,
    seed: int,
    z: Tensor | None = None,
) -> Iterator[list[Drawn]]:
    """Draw characters in a style, a batch at a time: strokes where the model moves a pen.

    Args:
        model: what draws.
        sources: where it draws from; they have the characters.
        style: the hand's name.
        chars: N characters.
        batch_size: how many at once.
        seed: of the noise of methods that draw any.
        z: codes (N, Z) of how the hand varies; default none.
    """
    for start in range(0, len(chars), batch_size):
        some = list(chars[start : start + batch_size])
        prints, styles = sources.draw(some), [style] * len(some)
        codes = None if z is None else z[start : start + batch_size]
        if isinstance(model.method, VectorMethod):
            drawn: Sequence[object] = model.strokes(prints, styles, some, codes)
        else:
            drawn = list(model.draw(prints, styles, some, seed + start, codes))
        yield [
            Drawn(char, ink, place_of(sources.canvas, sources, char))  # type: ignore[arg-type]
            for char, ink in zip(some, drawn, strict=True)
        ]
