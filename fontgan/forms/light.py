"""Light, paper and ink: what the lamp and the paper do to grey values is taken out again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fontgan.forms.needs import needed

_PALEST_INK = 0.85  # of the paper's grey


@dataclass(frozen=True)
class Ink:
    """How dark the pen is on the paper.

    Attributes:
        level: the middle of a stroke, as a share of the paper's grey.
    """

    level: float

    @property
    def k(self) -> float:
        """Return Sauvola's k with which the threshold of flat paper lies half-way to the ink."""
        return float(np.clip((1 - self.level) / 2, 0.08, 0.4))


def paper_of(seen: NDArray[np.uint8], stroke: int, rule: int) -> NDArray[np.float32]:
    """Return the grey that the blank paper has, place by place, under lamp and shadow.

    A closing (a dilation, then an erosion) takes out all that is dark and narrow and leaves the
    edges of shadows where they are. Lines ruled on the paper are part of the paper.

    Args:
        seen: (H, W) uint8, the paper.
        stroke: pixels; what is dark and narrower is no shadow.
        rule: pixels; what is dark, straight, level or upright, and longer is no stroke.
    """
    cv2 = needed("cv2")
    calm = cv2.medianBlur(seen, 3)
    side = stroke | 1
    blank = cv2.morphologyEx(calm, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    blank = cv2.medianBlur(blank, 5).astype(np.float32).clip(8)
    paper: NDArray[np.float32] = blank * _rules(np.minimum(seen / blank, 1), rule)
    return paper.clip(1)  # a rule may be wholly black, and paper is divided by


def _rules(share: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """Return how much grey ruled lines leave of the paper, (H, W), 1 where there is none."""
    cv2 = needed("cv2")
    dark = (255 * (1 - share)).astype(np.uint8)
    lines = np.zeros_like(dark)
    for shape, thick in (((1, length), (3, 1)), ((length, 1), (1, 3))):
        # thickened across first: a line may be a little askew
        wide = cv2.dilate(dark, np.ones(thick, np.uint8))
        long = cv2.morphologyEx(wide, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
        lines = np.maximum(lines, np.minimum(long, wide))
    found = np.where(lines > 20, np.minimum(lines, 200), 0)  # some paper is always left
    return 1 - found.astype(np.float32) / np.float32(255)


def ink_mask(share: NDArray[np.float32], ink: Ink, window: int) -> NDArray[np.bool_]:
    """Tell ink from paper (Sauvola and Pietikainen 2000, equation 5, with R = 1/2).

    Args:
        share: (H, W) grey as a share of the paper's.
        ink: how dark the pen is.
        window: side of the neighbourhood in pixels, about half a cell.
    """
    from skimage.filters import threshold_sauvola  # heavy: only when something is read

    side = window | 1
    threshold = threshold_sauvola(share, side, k=ink.k, r=0.5)  # type: ignore[no-untyped-call]
    found: NDArray[np.bool_] = share < np.minimum(threshold, _PALEST_INK + 0.05)
    return found


def ink_of(shares: list[NDArray[np.float32]]) -> Ink:
    """Estimate how dark the pen is, over all cells: the middle of what is clearly not paper."""
    values = np.concatenate([share.ravel() for share in shares]) if shares else np.ones(1)
    dark = values[values < _PALEST_INK]
    if dark.size < 50:
        return Ink(0.2)
    # where strokes are thin most of their pixels lie on edges: the darker third is their middle
    return Ink(float(np.percentile(dark, 30)))


def cleaned(share: NDArray[np.float32], mask: NDArray[np.bool_], ink: Ink) -> NDArray[np.uint8]:
    """Return a cell as an image (H, W) uint8: paper 255, the pen's middle 0, edges in between.

    Grey is kept at the edges of ink only, so that paper, rubbed-out lines and neighbours are gone.
    """
    cv2 = needed("cv2")
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    level = min(ink.level, 0.8)
    value = ((share - level) / (0.97 - level)).clip(0, 1)
    image: NDArray[np.uint8] = np.where(near, value * 255, 255).round().astype(np.uint8)
    return image
