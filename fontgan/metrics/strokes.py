"""Stroke measures on grey images (B, S, S) in [0, 1], ink 0: what a reader misses or sees too much.

Ink is what is darker than 0.5. A stroke is its centre line (skeleton, Zhang and Suen 1984). Where a
measure looks around a pixel it looks r = S / 32 pixels far, at least 1: 2 at 64 px, 4 at 128 px.
Specks, of ink or paper, of fewer than S * S / 2048 pixels (2 at 64 px, 8 at 128 px) do not count.

A line that is not there has nothing missing and nothing extra: without true ink ``missing`` is 0,
without drawn ink ``extra`` is 0; clDice is 1 where neither image has ink, 0 where one has none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.morphology import skeletonize

Grey = NDArray[np.floating]
Mask = NDArray[np.bool_]
Values = NDArray[np.float64]
INK = 0.5


def radius(size: int) -> int:
    """Return how far, in pixels, a line may be from ink and still be on it.

    >>> radius(32), radius(64), radius(128)
    (1, 2, 4)
    """
    return max(1, size // 32)


def speck(size: int) -> float:
    """Return the number of pixels below which a component or a hole does not count.

    >>> speck(64), speck(128)
    (2.0, 8.0)
    """
    return size * size / 2048


def lines(drawn: Grey, truth: Grey) -> dict[str, Values]:
    """Compare centre lines: ``cldice``, ``missing`` and ``extra``, each (B,) in [0, 1].

    ``missing`` is the share of the true line with no drawn ink within r, ``extra`` the share of the
    drawn line with no true ink within r. clDice is the harmonic mean of the share of the drawn line
    on true ink (Tprec) and the share of the true line on drawn ink (Tsens).
    Source: Shit et al. 2021 (clDice), equations 1 and 2.

    >>> truth, drawn = np.ones((2, 1, 33, 33))
    >>> truth[0, 15, 2:22] = 0  # a line of 20 pixels, of which the first 10 are drawn; r is 1
    >>> drawn[0, 15, 2:12] = 0
    >>> {name: value.round(2).item() for name, value in lines(drawn, truth).items()}
    {'cldice': 0.67, 'missing': 0.45, 'extra': 0.0}
    """
    ink, true_ink = drawn < INK, truth < INK
    line, true_line = centre_lines(ink), centre_lines(true_ink)
    reach = radius(drawn.shape[-1])
    precision = _share(line, true_ink, 0)
    sensitivity = _share(true_line, ink, 0)
    dice = 2 * precision * sensitivity / np.maximum(precision + sensitivity, 1e-12)
    empty = ~ink.any(axis=(1, 2)) & ~true_ink.any(axis=(1, 2))
    return {
        "cldice": np.where(empty, 1.0, dice),
        "missing": _without(true_line, ink, reach),
        "extra": _without(line, true_ink, reach),
    }


def topology(drawn: Grey, truth: Grey) -> dict[str, Values]:
    """Tell whether ``components`` and ``holes`` are as many as in the truth, each (B,) of 0 and 1.

    A stroke that is broken or joined to its neighbour changes the one, a ring filled in or opened
    changes the other.
    """
    ink, true_ink = drawn < INK, truth < INK
    return {
        "components": (components(ink) == components(true_ink)).astype(np.float64),
        "holes": (holes(ink) == holes(true_ink)).astype(np.float64),
    }


def centre_lines(ink: Mask) -> Mask:
    """Return the skeletons, (B, S, S); a dot that thinning would remove stays as it is."""
    thin = np.zeros_like(ink)
    for place, image in enumerate(ink):
        thin[place] = skeletonize(image)  # type: ignore[no-untyped-call]
    return thin | _lost(ink, thin)


def components(ink: Mask) -> NDArray[np.int64]:
    """Return the number of 8-connected components, (B,): Betti number 0, specks left out.

    >>> ink = np.zeros((1, 64, 64), bool)
    >>> ink[0, 2:9, 2:9] = ink[0, 9:20, 9:12] = ink[0, 40:50, 40:50] = ink[0, 60, 60] = True
    >>> components(ink).tolist()
    [2]
    """
    return _count(ink, 2, speck(ink.shape[-1]))


def holes(ink: Mask) -> NDArray[np.int64]:
    """Return the number of holes, (B,): 4-connected paper enclosed by ink, Betti number 1.

    >>> ink = np.zeros((1, 64, 64), bool)
    >>> ink[0, 10:20, 10:20] = True
    >>> ink[0, 12:18, 12:18] = False
    >>> holes(ink).tolist()
    [1]
    """
    # Paper around the image joins all that reaches its border to one component, which is no hole.
    paper = np.pad(~ink, ((0, 0), (1, 1), (1, 1)), constant_values=True)
    return _count(paper, 1, speck(ink.shape[-1])) - 1


def _label(mask: Mask, connectivity: int) -> tuple[NDArray[np.int32], int]:
    """Label the components of all images at once; they do not connect across images."""
    neighbours = np.zeros((3, 3, 3), dtype=bool)
    neighbours[1] = ndimage.generate_binary_structure(2, connectivity)
    labels, count = ndimage.label(mask, neighbours)
    return labels, int(count)


def _count(mask: Mask, connectivity: int, least: float) -> NDArray[np.int64]:
    labels, count = _label(mask, connectivity)
    area = np.bincount(labels.ravel(), minlength=count + 1)
    image = np.zeros(count + 1, dtype=np.int64)
    places = np.nonzero(labels)
    image[labels[places]] = places[0]
    return np.bincount(image[1:][area[1:] >= least], minlength=len(mask))


def _lost(ink: Mask, thin: Mask) -> Mask:
    """Return the components of ink that have no line: thinning removes a square of 2 x 2 pixels."""
    labels, count = _label(ink, 2)
    kept = np.zeros(count + 1, dtype=bool)
    kept[labels[thin]] = True
    kept[0] = True
    return ~kept[labels]


def _near(line: Mask, ink: Mask, reach: int) -> Mask:
    """Tell for every pixel of a line, (N,), whether there is ink within ``reach`` of it."""
    image, row, column = np.nonzero(line)
    ink = np.pad(ink, ((0, 0), (reach, reach), (reach, reach)))
    near = np.zeros(len(image), dtype=bool)
    steps = range(-reach, reach + 1)
    for down, right in ((y, x) for y in steps for x in steps if x * x + y * y <= reach * reach):
        near |= ink[image, row + reach + down, column + reach + right]
    return near


def _share(line: Mask, ink: Mask, reach: int) -> Values:
    """Return the share of each line with ink within ``reach``, (B,); 0 without a line."""
    near = np.zeros_like(line)
    near[line] = _near(line, ink, reach)
    share: Values = _counts(near) / np.maximum(_counts(line), 1)
    return share


def _counts(mask: Mask) -> Values:
    counts: Values = mask.sum(axis=(1, 2)).astype(np.float64)
    return counts


def _without(line: Mask, ink: Mask, reach: int) -> Values:
    """Return the share of each line with no ink within ``reach``, (B,); 0 without a line."""
    return np.where(line.any(axis=(1, 2)), 1 - _share(line, ink, reach), 0.0)
