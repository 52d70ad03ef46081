"""Cutting the cells of a page out of its photograph, and judging what was written in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fontgan.forms.form import Cell, Page
from fontgan.forms.layout import Box, Layout
from fontgan.forms.light import Ink, ink_mask, paper_of
from fontgan.forms.needs import needed
from fontgan.forms.photos import Photo
from fontgan.forms.registering import dots_at, look

Verdict = Literal["good", "empty", "crossed out", "over the border", "blurred"]
VERDICTS: tuple[Verdict, ...] = ("good", "empty", "crossed out", "over the border", "blurred")

_DOTS = 6.0  # pixels a mm at which the paper's own grey is looked for
_STROKE = 5.0  # mm: anything dark that is narrower is not a shadow
_RULE = 1.6  # cells: no stroke is so long and straight
# mm beside, above and below a cell that are looked at too; above, the help character is near
BESIDE, ABOVE, BELOW = 2.0, 1.2, 1.6
_PRINT = 0.55  # mm around printed lines that are not looked at
_OVER = 0.35  # mm over the border that a pen may go
_OVER_INK = 0.15  # mm2 of ink beyond that
_OWN = 0.2  # of a stroke's ink within the cell, for it to be the cell's
_SOFT = 0.22  # mm: edges softer than this (as the deviation of a Gaussian) are blurred
_STRUCK, _STRUCK_WIDE = 0.93, 0.13  # of a diagonal inked, in a strip of such a share of the side
_SPECK = 0.3  # of the pen's width squared: less ink in one piece is dust, a dot is more


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
    limit: float = _SOFT

    def mask(self, ink: Ink) -> NDArray[np.bool_]:
        """Return where ink is, print left out, (H, W) bool."""
        side = self.inner[0].stop - self.inner[0].start
        return ink_mask(self.share, ink, side // 2) & ~self.printed


@dataclass(frozen=True)
class Reading:
    """What a cell holds.

    Attributes:
        patch: the cell.
        verdict: what is thought of it.
        ink: (S, S) bool, the writing within the cell.
    """

    patch: Patch
    verdict: Verdict
    ink: NDArray[np.bool_]


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
    limit = max(_SOFT, 0.9 / dots_at(plane, layout.width / 2, layout.height / 2))
    patches = []
    for cell in page.cells:
        box = layout.cell_box(cell.slot)
        around = Box(
            box.left - BESIDE, box.top - ABOVE, box.width + 2 * BESIDE, box.height + ABOVE + BELOW
        )
        seen = look(grey, plane, around, dots)
        share = np.minimum(seen / _part(paper, around, seen.shape), 1).astype(np.float32)
        top, left = round(ABOVE * dots), round(BESIDE * dots)
        inner = slice(top, top + size), slice(left, left + size)
        printed = _printed(layout, cell.slot, around, dots, share.shape)
        patches.append(Patch(cell, photo.name, share, inner, printed, dots, limit))
    return patches


def judge(patch: Patch, ink: Ink, pen: float) -> Reading:
    """Say what a cell holds.

    Args:
        patch: the cell.
        ink: how dark the pen is.
        pen: its width in mm.
    """
    mask, over = _own(patch, patch.mask(ink), pen)
    inside = mask[patch.inner]
    if inside.sum() < 0.5 * (pen * patch.dots) ** 2:
        verdict: Verdict = "empty"
    elif _struck(inside):
        verdict = "crossed out"
    elif over:
        verdict = "over the border"
    elif softness(patch, mask) > patch.limit:
        verdict = "blurred"
    else:
        verdict = "good"
    return Reading(patch, verdict, inside)


def pen_width(patches: list[Patch], ink: Ink) -> float:
    """Return the width of the pen in mm over all cells: twice the distance from middle to edge."""
    from skimage.morphology import skeletonize  # heavy

    cv2 = needed("cv2")
    widths = []
    for patch in patches:
        inside = patch.mask(ink)[patch.inner]
        if inside.sum() < 0.5 * patch.dots**2:
            continue
        middle = skeletonize(inside)  # type: ignore[no-untyped-call]
        away = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
        widths.append((2 * float(np.median(away[middle])) - 1) / patch.dots)
    return float(np.median(widths)) if widths else 0.5


def softness(patch: Patch, mask: NDArray[np.bool_]) -> float:
    """Return how soft the edges of ink are, in mm: the deviation of a Gaussian that blurs so.

    An edge of contrast C blurred by s has the slope C / (s sqrt(2 pi)) at its middle.
    """
    cv2 = needed("cv2")
    share = cv2.GaussianBlur(patch.share, (3, 3), 0)
    slope = np.hypot(
        cv2.Sobel(share, -1, 1, 0, scale=0.125), cv2.Sobel(share, -1, 0, 1, scale=0.125)
    )
    ink = mask.astype(np.uint8)
    near = cv2.dilate(ink, np.ones((5, 5))) > cv2.erode(ink, np.ones((3, 3)))
    if not near.any():
        return 0.0
    contrast = 1 - float(np.percentile(patch.share[mask], 20))
    steepest = float(np.percentile(slope[near], 85))
    return float(contrast / max(steepest, 1e-3) / (2 * np.pi) ** 0.5 / patch.dots)


def _own(patch: Patch, mask: NDArray[np.bool_], pen: float) -> tuple[NDArray[np.bool_], bool]:
    """Return the strokes that belong to the cell, and whether one goes over its border."""
    cv2 = needed("cv2")
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    inside, beyond = np.zeros(mask.shape, bool), np.ones(mask.shape, bool)
    inside[patch.inner] = True
    allowed = round(_OVER * patch.dots)
    rows, columns = (
        slice(max(0, part.start - allowed), part.stop + allowed) for part in patch.inner
    )
    beyond[rows, columns] = False
    area = stats[:, cv2.CC_STAT_AREA].astype(float)
    within = np.bincount(labels[inside], minlength=count)
    outside = np.bincount(labels[beyond], minlength=count)
    own = (within >= _OWN * area) & (area >= _SPECK * (pen * patch.dots) ** 2)
    own[0] = False
    over = bool((outside[own] > _OVER_INK * patch.dots**2).any())
    return own[labels], over


def _struck(ink: NDArray[np.bool_]) -> bool:
    """Tell whether both diagonals are inked from corner to corner, as no character is."""
    return _diagonal(ink) > _STRUCK and _diagonal(ink[:, ::-1]) > _STRUCK


def _diagonal(ink: NDArray[np.bool_]) -> float:
    """Return how much of the falling diagonal a nearly straight line of ink covers.

    The best path through a strip along the diagonal, a third of a pixel aside a step at most.
    """
    cv2 = needed("cv2")
    side = len(ink)
    length, wide = 48, 31
    inset = 0.06 * side
    along, across = (side - 2 * inset) / length, 2 * _STRUCK_WIDE * side / wide
    step, aside = along, across / 2**0.5
    middle = wide // 2
    matrix = np.array(
        [[step, aside, inset - middle * aside], [step, -aside, inset + middle * aside]]
    )
    strip = cv2.warpAffine(
        ink.astype(np.float32),
        matrix,
        (length, wide),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )
    best = strip[:, 0] > 0.3
    total = best.astype(float)
    for column in range(1, length):
        if column % 2:
            padded = np.pad(total, 1, constant_values=-1.0)
            total = np.maximum(np.maximum(padded[:-2], padded[2:]), total)
        total = total + (strip[:, column] > 0.3)
    return float(total.max() / length)


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
