"""What all cells together say of a hand: its pen, its size, its baseline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import FontError
from fontgan.forms.layout import EM_MARGIN
from fontgan.forms.needs import needed
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.painting import draw_many

FEWEST = 3  # characters that a size is estimated of
_PRINT_SIDE = 64

Extent = tuple[float, float, float, float]  # left, top, right, bottom as shares of the side


@dataclass(frozen=True)
class Hand:
    """A hand's measures, beside those of a printed font.

    Attributes:
        pen: width of the pen, in em.
        size: of the writing, as a share of the print's.
        right: how far its middle lies to the right of the print's, in em.
        low: how far its baseline lies below the print's, in em.
        cells: of how many cells this was measured.
    """

    pen: float
    size: float = 1.0
    right: float = 0.0
    low: float = 0.0
    cells: int = 0

    @property
    def odd(self) -> bool:
        """Tell whether size or baseline is far from what a printed font has."""
        return not 0.8 <= self.size <= 1.2 or abs(self.low) > 0.08


def extent(image: NDArray[np.uint8]) -> Extent | None:
    """Return the box around the ink of an (S, S) image as shares of its side, None if blank."""
    rows = np.flatnonzero((image < 128).any(axis=1))
    columns = np.flatnonzero((image < 128).any(axis=0))
    if not rows.size:
        return None
    edges = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    left, top, right, bottom = (float(edge) / len(image) for edge in edges)
    return left, top, right, bottom


def measure(pen: float, written: Mapping[str, Extent], source: str) -> Hand:
    """Compare written characters with those of a font: medians, which a few bad ones do not move.

    Args:
        pen: width of the pen as a share of the cell's side.
        written: ink boxes by character.
        source: the printed font.
    """
    pairs = [(written[char], box) for char, box in _printed(written, source)]
    em = 1 - 2 * EM_MARGIN
    if len(pairs) < FEWEST:
        return Hand(pen / em)
    hand, print_ = (np.array(boxes) for boxes in zip(*pairs, strict=True))
    size = float(np.median(_diagonals(hand) / _diagonals(print_)))
    # the same point of both: what scaling about the cell's middle leaves is the shift
    left = hand - (0.5 + size * (print_ - 0.5))
    right = float(np.median(left[:, [0, 2]].mean(axis=1)))
    low = float(np.median(left[:, [1, 3]].mean(axis=1)))
    return Hand(pen / em, size, right / em, low / em, len(pairs))


def levelled(image: NDArray[np.uint8], hand: Hand) -> NDArray[np.uint8]:
    """Return a cell's image (S, S) in the size and on the baseline of print."""
    cv2 = needed("cv2")
    side, em = len(image), 1 - 2 * EM_MARGIN
    middle = (side - 1) / 2
    x, y = (middle * (1 - hand.size) + shift * em * side for shift in (hand.right, hand.low))
    matrix = np.array([[hand.size, 0, x], [0, hand.size, y]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    moved: NDArray[np.uint8] = cv2.warpAffine(
        image, matrix, (side, side), flags=flags, borderValue=255
    )
    return moved


def _printed(chars: Iterable[str], source: str) -> Iterable[tuple[str, Extent]]:
    try:
        for char, image, _ in draw_many(source, list(chars), Canvas(_PRINT_SIDE)):
            box = None if image is None else extent(image)
            if box:
                yield char, box
    except FontError:  # it only serves to compare
        return


def _diagonals(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    diagonals: NDArray[np.float64] = np.hypot(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    return diagonals
