"""Where the cells really are on paper that does not lie flat: found by their printed ticks.

The corner markers give a plane. Each cell's ticks are looked for around where the plane has them;
a smooth surface through all these places bears a few cells whose ticks are written over.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fontgan.forms.layout import SIDE_AWAY, SIDE_LONG, TICK_WIDTH, Layout
from fontgan.forms.needs import needed

_REACH = 1.6  # mm; at 2.2 a neighbour's ticks would fit as well
_FEWEST = 6  # cells that a surface is laid through
_ODD = 0.25  # mm: places farther from the surface do not count
_AROUND = SIDE_AWAY + SIDE_LONG


def drift(
    share: NDArray[np.float32], dots: float, layout: Layout, slots: Sequence[int]
) -> NDArray[np.float64]:
    """Return by how much each cell lies aside of the plane, (N, 2) mm: right, down.

    Args:
        share: (H, W) the page from above, grey as a share of the paper's.
        dots: pixels a mm.
        layout: the form's geometry.
        slots: the cells, N numbers.
    """
    dark = (1 - share).clip(0, 1).astype(np.float32)
    template = _template(layout, dots)
    found = np.array([_place(dark, template, dots, layout, slot) for slot in slots])
    boxes = [layout.cell_box(slot) for slot in slots]
    places = np.array([[box.left, box.top] for box in boxes])
    return _surface(places / 100 - 1, found)


def _template(layout: Layout, dots: float) -> NDArray[np.float32]:
    """Return the ticks of a cell as an image, 1 where they are dark, in a field of its own."""
    cv2 = needed("cv2")
    cell = layout.cell_box(0)
    left, top = cell.left - _AROUND, cell.top - _AROUND
    side = round((layout.cell + 2 * _AROUND) * dots)
    fine, shift = 4, 3  # drawn larger and with fractions of a pixel, then shrunk
    image = np.zeros((side * fine, side * fine), np.uint8)
    for line in layout.ticks(0):
        ends = (line.x0 - left, line.y0 - top), (line.x1 - left, line.y1 - top)
        a, b = (tuple(round((v * dots * fine - 0.5) * 2**shift) for v in end) for end in ends)
        cv2.line(image, a, b, 255, max(1, round(TICK_WIDTH * dots * fine)), cv2.LINE_8, shift)
    small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)
    template: NDArray[np.float32] = small.astype(np.float32) / 255
    return template


def _place(
    dark: NDArray[np.float32],
    template: NDArray[np.float32],
    dots: float,
    layout: Layout,
    slot: int,
) -> tuple[float, float]:
    """Return where the ticks of a cell fit best, mm aside of where they should be."""
    cv2 = needed("cv2")
    cell, reach = layout.cell_box(slot), round(_REACH * dots)
    left, top = (cell.left - _AROUND) * dots, (cell.top - _AROUND) * dots
    x, y = round(left) - reach, round(top) - reach
    side = len(template) + 2 * reach
    padded = dark[max(0, y) : y + side, max(0, x) : x + side]
    if padded.shape != (side, side):
        return 0.0, 0.0
    fit = cv2.matchTemplate(padded, template, cv2.TM_CCORR)
    row, column = np.unravel_index(fit.argmax(), fit.shape)
    right = column + _vertex(fit[row], column) - reach + round(left) - left
    down = row + _vertex(fit[:, column], row) - reach + round(top) - top
    return right / dots, down / dots


def _vertex(values: NDArray[np.float32], place: np.intp) -> float:
    """Return how far the top of the parabola through a maximum and its neighbours lies aside."""
    if not 0 < place < len(values) - 1:
        return 0.0
    before, at, after = (float(value) for value in values[place - 1 : place + 2])
    bend = before - 2 * at + after
    return 0.0 if bend >= 0 else (before - after) / (2 * bend)


def _surface(places: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a quadratic surface through the places found, at the cells; robust by steps."""
    if len(found) < _FEWEST:
        near = np.abs(found - np.median(found, axis=0)).max(axis=1) < _ODD
        return np.where(near[:, None], found, np.median(found, axis=0))
    x, y = places.T
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=1)
    used = np.abs(found - np.median(found, axis=0)).max(axis=1) < 4 * _ODD
    for _ in range(3):
        surface = terms @ np.linalg.lstsq(terms[used], found[used], rcond=None)[0]
        used = np.abs(found - surface).max(axis=1) < _ODD
        if used.sum() < _FEWEST:
            return np.zeros_like(found)
    fitted: NDArray[np.float64] = terms @ np.linalg.lstsq(terms[used], found[used], rcond=None)[0]
    return fitted
