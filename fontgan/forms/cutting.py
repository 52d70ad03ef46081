"""Cutting the cells of a page out of its photograph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fontgan.forms.drift import drift
from fontgan.forms.form import Cell, Page
from fontgan.forms.layout import Box, Layout
from fontgan.forms.light import Ink, ink_mask, paper_of
from fontgan.forms.needs import needed
from fontgan.forms.photos import Photo
from fontgan.forms.registering import dots_at, look

_DOTS = 6.0  # pixels a mm at which the paper's own grey is looked for
_STROKE = 5.0  # mm: anything dark that is narrower is not a shadow
_RULE = 1.6  # cells: no stroke is so long and straight
# mm beside, above and below a cell that are looked at too; above, the help character is near
BESIDE, ABOVE, BELOW = 2.0, 1.2, 1.6
_PRINT = 0.55  # mm around printed lines that are not looked at
SOFT = 0.22  # mm: edges softer than this (as the deviation of a Gaussian) are blurred


@dataclass(frozen=True)
class Patch:
    """A cell and a little around it, from above, as a share of the blank paper's grey.

    Attributes:
        cell: which cell.
        photo: name of the photograph.
        share: (H, W) float32, 1 is paper.
        inner: where the cell itself is, (rows, columns).
        printed: (H, W) bool, where print stands.
        dots: pixels a mm.
        limit: mm: how soft its edges may be; more where the photograph has few pixels.
    """

    cell: Cell
    photo: str
    share: NDArray[np.float32]
    inner: tuple[slice, slice]
    printed: NDArray[np.bool_]
    dots: float
    limit: float = SOFT

    def mask(self, ink: Ink) -> NDArray[np.bool_]:
        """Return where ink is, print left out, (H, W) bool."""
        side = self.inner[0].stop - self.inner[0].start
        return ink_mask(self.share, ink, side // 2) & ~self.printed


def cut(photo: Photo, page: Page, plane: NDArray[np.float64], size: int) -> list[Patch]:
    """Cut a page into its cells.

    Args:
        photo: the photograph.
        page: what page it shows.
        plane: from millimetres to pixels, (3, 3).
        size: pixels of a cell's side.
    """
    layout, dots = page.layout, size / page.layout.cell
    whole = Box(0, 0, layout.width, layout.height)
    plane, grey = _shrunk(photo.grey, plane, layout, dots)
    seen = look(grey, plane, whole, _DOTS)
    paper = paper_of(seen, round(_STROKE * _DOTS), round(_RULE * layout.cell * _DOTS))
    limit = max(SOFT, 0.9 / dots_at(plane, layout.width / 2, layout.height / 2))
    share = np.minimum(seen / paper, 1)
    aside = drift(share, _DOTS, layout, [cell.slot for cell in page.cells])
    patches = []
    for cell, (right, down) in zip(page.cells, aside.tolist(), strict=True):
        around = _around(layout.cell_box(cell.slot))
        there = around.moved(right, down)
        seen = look(grey, plane, there, dots)
        share = np.minimum(seen / _part(paper, there, seen.shape), 1).astype(np.float32)
        top, left = round(ABOVE * dots), round(BESIDE * dots)
        inner = slice(top, top + size), slice(left, left + size)
        printed = _printed(layout, cell.slot, around, dots, share.shape)
        patches.append(Patch(cell, photo.name, share, inner, printed, dots, limit))
    return patches


def _around(cell: Box) -> Box:
    width, height = cell.width + 2 * BESIDE, cell.height + ABOVE + BELOW
    return Box(cell.left - BESIDE, cell.top - ABOVE, width, height)


def _shrunk(
    grey: NDArray[np.uint8], plane: NDArray[np.float64], layout: Layout, dots: float
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Shrink a photograph of far more pixels than wanted, so that none goes unseen."""
    cv2 = needed("cv2")
    scale = 1.2 * dots / dots_at(plane, layout.width / 2, layout.height / 2)
    if scale >= 0.8:
        return plane, grey
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    half = (scale - 1) / 2
    shrink = np.array([[scale, 0, half], [0, scale, half], [0, 0, 1]])
    return shrink @ plane, small


def _part(paper: NDArray[np.float32], around: Box, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return the blank paper's grey for a patch, from that of the whole page."""
    cv2 = needed("cv2")
    height, width = shape
    step = around.width / width * _DOTS
    matrix = np.array(
        [
            [step, 0, around.left * _DOTS + step / 2 - 0.5],
            [0, step, around.top * _DOTS + step / 2 - 0.5],
        ]
    )
    part: NDArray[np.float32] = cv2.warpAffine(
        paper,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return part


def _printed(
    layout: Layout, slot: int, around: Box, dots: float, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return where the form's own print stands in a patch: known by place, not by grey value."""
    printed = np.zeros(shape, bool)
    for line in layout.ticks(slot):
        box = line.box.grown(_PRINT)
        left, right = ((x - around.left) * dots for x in (box.left, box.right))
        top, bottom = ((y - around.top) * dots for y in (box.top, box.bottom))
        printed[max(0, round(top)) : round(bottom), max(0, round(left)) : round(right)] = True
    return printed
