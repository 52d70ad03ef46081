"""Judging what was written in a cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fontgan.forms.cutting import Patch
from fontgan.forms.needs import needed

Verdict = Literal["good", "empty", "crossed out", "over the border", "blurred"]
VERDICTS: tuple[Verdict, ...] = ("good", "empty", "crossed out", "over the border", "blurred")

_OVER = 0.35  # mm over the border that a pen may go
_OVER_INK = 0.15  # mm2 of ink beyond that
_OWN = 0.2  # of a stroke's ink within the cell, for it to be the cell's
_STRUCK, _STRUCK_WIDE = 0.93, 0.13  # of a diagonal inked, in a strip of such a share of the side
_SPECK = 0.3  # of the pen's width squared: less ink in one piece is dust, a dot is more


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


def judge(patch: Patch, mask: NDArray[np.bool_], pen: float) -> Reading:
    """Say what a cell holds.

    Args:
        patch: the cell.
        mask: where its ink is (see `Patch.mask`).
        pen: width of the pen in mm.
    """
    mask, over = _own(patch, mask, pen)
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


def pen_width(patches: Sequence[Patch], masks: Sequence[NDArray[np.bool_]]) -> float:
    """Return the width of the pen in mm over all cells: twice the distance from middle to edge."""
    from skimage.morphology import skeletonize  # heavy

    cv2 = needed("cv2")
    widths = []
    for patch, mask in zip(patches, masks, strict=True):
        inside = mask[patch.inner]
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
