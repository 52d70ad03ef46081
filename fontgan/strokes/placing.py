"""Layouts: strokes where a data set's canvas has them, in sides of the image."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import DataError
from fontgan.faces.em import is_wide
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.strokes.paths import Floats, Strokes
from fontgan.strokes.stroke_set import StrokeSet
from fontgan.strokes.tracing import trace

TRACED = "traced"
DRAWN_AT = 256  # pixels of a side: what a source glyph is traced and measured at
_THIN = 0.15  # of the longer side: a box narrower than that is scaled like its other side

# Gives the source glyph of a character on the canvas, (S, S) uint8 with ink 0; None if it has none.
Draw = Callable[[str], NDArray[np.uint8] | None]


@dataclass(frozen=True)
class Placed:
    """Strokes of N characters in K layouts, at most L a character, P points each.

    Attributes:
        points: (K, N, L, P, 2) float32, x to the right and y down in sides of the image: the image
            is [0, 1] x [0, 1]. Zeros where there is no stroke.
        mask: (N, L) bool, where there is one. All layouts of a character have the same strokes.
        origins: for each character the id of its set, or "traced".
    """

    points: Floats
    mask: NDArray[np.bool_]
    origins: tuple[str, ...]


class Layouts:
    """Places the strokes of characters on a canvas.

    The first layout of a character is from the first set that has it, among those that are not
    derived from another; one in no set is traced from its source glyph. Each derived set gives one
    more layout: the same strokes elsewhere; where it lacks the character, or has another number of
    strokes, the first layout stands again.

    On a canvas with ``fit="em"`` a full-width character goes where the canvas puts the em box. Any
    other one, whose place in its em box each source decides for itself, is stretched to the ink box
    of the source glyph, as all are with ``fit="ink"``.

    Args:
        sets: the stroke sets, those to be asked first in front.
        canvas: of the data set.
        draw: gives source glyphs on this canvas, of any size (``source_of`` makes one of a face);
            without it nothing is traced, and boxes are filled as the canvas would fill them.
        points: P >= 1.
    """

    def __init__(
        self,
        sets: Sequence[StrokeSet],
        canvas: Canvas,
        draw: Draw | None = None,
        points: int = 8,
    ):
        self.bases = tuple(one for one in sets if not one.derived_from)
        self.derived = tuple(one for one in sets if one.derived_from)
        self.canvas, self.points = canvas, points
        self._draw: Draw = draw or (lambda _char: None)

    @property
    def count(self) -> int:
        """Return the number of layouts K."""
        return 1 + len(self.derived)

    def place(self, chars: Sequence[str]) -> Placed:
        """Place the strokes of N characters.

        Raises:
            DataError: a character in no set that has no source glyph to be traced.
        """
        found = [self._layouts(char) for char in chars]
        most = max((len(layouts[0]) for layouts, _ in found), default=0)
        points = np.zeros((self.count, len(found), most, self.points, 2), np.float32)
        mask = np.zeros((len(found), most), bool)
        for number, (layouts, _) in enumerate(found):
            mask[number, : len(layouts[0])] = True
            for layout, strokes in enumerate(layouts):
                points[layout, number, : len(strokes)] = strokes.resampled(self.points)
        return Placed(points, mask, tuple(origin for _, origin in found))

    def _layouts(self, char: str) -> tuple[list[Strokes], str]:
        """Return the K layouts of a character and the id of its set."""
        form, base = self._form(char)
        image = None
        if base is None or form != char or self._stretches(char):
            image = self._draw(char)
        if base is None or (form != char and image is None):
            return [self._traced(char, image)] * self.count, TRACED
        first = base[form]
        moved = [self._moved(form, base, len(first), one) or first for one in self.derived]
        box = None if image is None else ink_box(image)
        return [self._put(strokes, box) for strokes in (first, *moved)], base.id

    def _form(self, char: str) -> tuple[str, StrokeSet | None]:
        """Return a character, or the narrow form of a wide one that is in no set, and its set."""
        for form in (char, unicodedata.normalize("NFKC", char)):
            for one in self.bases:
                if form in one:
                    return form, one
        return char, None

    def _moved(self, char: str, base: StrokeSet, count: int, derived: StrokeSet) -> Strokes | None:
        fits = base.id in derived.derived_from and char in derived
        return derived[char] if fits and derived.stroke_count(char) == count else None

    def _traced(self, char: str, image: NDArray[np.uint8] | None) -> Strokes:
        if image is None:
            names = ", ".join(one.id for one in self.bases) or "none given"
            raise DataError(
                f"no strokes of {char!r} (U+{ord(char):04X}) in any set ({names}), and the source "
                "draws none to trace; leave the character out"
            )
        return trace(image)

    def _stretches(self, char: str) -> bool:
        return self.canvas.fit == "ink" or not is_wide(char)

    def _put(self, strokes: Strokes, box: Floats | None) -> Strokes:
        inner = 1 - 2 * self.canvas.margin
        if box is not None:
            return strokes.moved(*_stretched(strokes.box, box))
        if self.canvas.fit == "em":
            return strokes.moved(np.full(2, inner), np.full(2, (1 - inner) / 2))
        middle, side = strokes.box.mean(0), max(float(np.ptp(strokes.box, axis=0).max()), 1e-3)
        return strokes.moved(np.full(2, inner / side), 0.5 - middle * inner / side)


def source_of(face: FontFace, canvas: Canvas) -> Draw:
    """Return what draws a face's glyphs on a canvas, at 256 px whatever the canvas's own size."""
    fine = Canvas(DRAWN_AT, canvas.fit, canvas.margin)

    def draw(char: str) -> NDArray[np.uint8] | None:
        return fine.draw(face, char) if face.has(char) else None

    return draw


def ink_box(image: NDArray[np.uint8]) -> Floats:
    """Return the box of the centre lines of a glyph: its ink box, half a stroke inwards.

    Args:
        image: (S, S) uint8, ink 0.

    Returns:
        (2, 2): least (x, y) and greatest (x, y), in sides of the image.

    Raises:
        DataError: no ink.
    """
    ink = image < 128
    if not ink.any():
        raise DataError("the source glyph is empty: there is no ink to fit strokes to")
    across, down = np.flatnonzero(ink.any(0)), np.flatnonzero(ink.any(1))
    box = np.array([[across[0], down[0]], [across[-1] + 1, down[-1] + 1]], np.float64)
    half = np.minimum(_half_width(image), np.ptp(box, axis=0) / 2)
    inner: Floats = ((box + np.stack([half, -half])) / len(image)).astype(np.float32)
    return inner


def _half_width(image: NDArray[np.uint8]) -> float:
    """Return about half the width of the strokes in pixels: area over length of the outline."""
    ink = 1 - image.astype(np.float64) / 255
    down, right = np.gradient(ink)
    return float(ink.sum() / max(np.hypot(down, right).sum(), 1.0))


def _stretched(own: Floats, goal: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return scale and shift, (2,) each, that bring one box onto another.

    A side of either box that is thin says nothing of the scale: it takes that of the other side.
    """
    sides, wanted = (np.ptp(box.astype(np.float64), axis=0) for box in (own, goal))
    trusted = (sides > _THIN * sides.max()) & (wanted > _THIN * wanted.max())
    ratios = wanted / np.maximum(sides, 1e-6)
    fallback = ratios[trusted].mean() if trusted.any() else 1.0
    scale = np.where(trusted, ratios, fallback)
    return scale, goal.mean(0) - own.mean(0) * scale
