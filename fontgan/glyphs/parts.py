"""The parts of characters, seen in a font's own drawings: no table of decompositions is needed.

A *part* is a word of a vocabulary made of the drawings. Every glyph is drawn at 64 px an em and
thinned to its centre line. Where two neighbouring pixels are on the line, the line runs in one of
four directions (across, down and the two diagonals); how much of it runs in each direction in each
cell of a grid over a box describes what stands in the box (direction histograms, as in Kimura et
al. 1987, "Modified quadratic discriminant functions and the application to Chinese character
recognition"). Boxes are taken at three scales, and k-means over the descriptions of a scale gives
its words, twice: a coarse vocabulary that takes similar parts for one, and a fine one that tells
them apart.

- ``components``: the connected lines of a glyph are divided where the widest row or column of
  paper lies between them, again and again (recursive XY-cut, Nagy and Seth 1984; they may overlap
  by an eighth of the em); where there is none, the line that encloses the others is taken away.
  Each piece of at least a quarter em is described in its own box, so that a component is known
  again in other sizes; size and place count a little. Up to 256 and 2,048 words.
- ``joints``: a box of 3/8 em around each end, turn and crossing of the line. Up to 256 and 1,024.
- ``strokes``: a box of 1/4 em around the same places: dots, hooks, turns, crossings. As many.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.cluster.vq import kmeans2, vq

from fontgan.glyphs.pieces import SIDE, Lines, pieces

Floats = NDArray[np.float32]
Boxes = NDArray[np.int64]  # (M, 5): glyph, top, left, bottom, right

_WORDS = {"components": (256, 2048), "joints": (256, 1024), "strokes": (256, 1024)}
KINDS = tuple(_WORDS)
_REACH = {"joints": SIDE * 3 // 16, "strokes": SIDE // 8}  # of a box from its middle
_PAPER = max(_REACH.values())  # around a glyph, so that boxes do not leave the image
_ROWS_PER_WORD = 4  # fewer descriptions than that make a smaller vocabulary
_LEARNED = 20_000  # descriptions that k-means looks at; the others are given the nearest word
_ITERATIONS = 6  # of k-means
_CHUNK = 32  # glyphs described at once: what fits the processor's cache
_PLACE_COUNTS = 0.5


@dataclass(frozen=True)
class Parts:
    """Which parts each character has.

    Attributes:
        chars: the characters, N of them.
        has: (N, W) whether the character has the part.
        vocabulary: (W,) number of the vocabulary that the part is from.
        kinds: the kind of parts in each vocabulary, one of ``KINDS``.
    """

    chars: tuple[str, ...]
    has: NDArray[np.bool_]
    vocabulary: NDArray[np.int64]
    kinds: tuple[str, ...]


def parts_of(chars: Sequence[str], images: Sequence[NDArray[np.uint8]], seed: int = 0) -> Parts:
    """Find the parts of characters.

    Args:
        chars: N characters, at least one.
        images: their drawings, (SIDE, SIDE) uint8 each, ink 0.
        seed: of k-means.
    """
    found: dict[str, list[tuple[NDArray[np.int64], Floats]]] = {kind: [] for kind in KINDS}
    for first in range(0, len(chars), _CHUNK):
        line = np.stack([thinned(image) for image in images[first : first + _CHUNK]])
        for kind, glyphs, described in _described(line):
            found[kind].append((glyphs + first, described))
    has, kinds = [], []
    for kind, chunks in found.items():
        glyphs, rows = (np.concatenate(column) for column in zip(*chunks, strict=True))
        for most in _WORDS[kind] if len(rows) else ():
            has.append(_who_has(glyphs, _words(rows, most, seed), len(chars)))
            kinds.append(kind)
    vocabulary = np.repeat(np.arange(len(has)), [one.shape[1] for one in has])
    there = has or [np.zeros((len(chars), 0), bool)]
    return Parts(tuple(chars), np.concatenate(there, axis=1), vocabulary, tuple(kinds))


def thinned(image: NDArray[np.uint8]) -> Lines:
    """Return the centre line of a drawing, with some paper around it."""
    from skimage.morphology import skeletonize  # slow to import, and drawing needs it not

    line = skeletonize(image < 128)  # type: ignore[no-untyped-call]
    return np.pad(line, _PAPER)


def _described(line: Lines) -> Iterator[tuple[str, NDArray[np.int64], Floats]]:
    """Describe the boxes of some glyphs: kind, glyph of each box (M,), descriptions (M, D)."""
    runs = _runs(line)
    cut = [(glyph, *box) for glyph, one in enumerate(line) for box in pieces(one)]
    boxes = np.array(cut, np.int64).reshape(-1, 5)
    place = (_PLACE_COUNTS * (boxes[:, 1:] - _PAPER) / SIDE).astype(np.float32)
    yield "components", boxes[:, 0], np.concatenate([_grid(runs, boxes, 4), place], axis=1)
    glyph, y, x = np.nonzero(_landmarks(line))
    for (kind, reach), cells in zip(_REACH.items(), (5, 4), strict=True):
        boxes = np.stack([glyph, y - reach, x - reach, y + reach, x + reach], axis=1)
        yield kind, glyph, _grid(runs, boxes, cells)


def _runs(line: Lines) -> Floats:
    """Return how far the line runs in each of four directions, summed from the upper left corner.

    Returns:
        (N, H + 1, W + 1, 4): integral images, blurred over 3 x 3 pixels before.
    """
    count, height, width = line.shape
    runs = np.zeros((count, height + 1, width + 1, 4), np.float32)
    across, down = line[:, :, :-1] & line[:, :, 1:], line[:, :-1] & line[:, 1:]
    falling, rising = line[:, :-1, :-1] & line[:, 1:, 1:], line[:, :-1, 1:] & line[:, 1:, :-1]
    for way, steps in enumerate((across, down, falling, rising)):
        runs[:, 1 : steps.shape[1] + 1, 1 : steps.shape[2] + 1, way] = steps
    runs[..., 2:] *= np.sqrt(2)  # a diagonal step is longer
    for axis in (1, 2):  # the paper around the glyph keeps what is rolled over the edge empty
        runs = runs + np.roll(runs, 1, axis) + np.roll(runs, -1, axis)
    for y in range(1, height + 1):  # several times as fast as cumsum
        runs[:, y] += runs[:, y - 1]
    for x in range(1, width + 1):
        runs[:, :, x] += runs[:, :, x - 1]
    return runs


def _grid(runs: Floats, boxes: Boxes, cells: int) -> Floats:
    """Describe boxes by the directions of the line in ``cells`` x ``cells`` cells each.

    Returns:
        (M, 4 * cells ** 2) of length 1 each, square roots, so that long strokes do not hide short
        ones.
    """
    glyph, top, left, bottom, right = boxes.T[:, :, None]
    share = np.arange(cells + 1) / cells
    y = (top + (bottom - top) * share).round().astype(np.int64)
    x = (left + (right - left) * share).round().astype(np.int64)
    corners = runs[glyph[:, None], y[:, :, None], x[:, None, :]]  # (M, cells + 1, cells + 1, 4)
    amount = np.diff(np.diff(corners, axis=1), axis=2).clip(0)
    rows = np.sqrt(amount.reshape(len(boxes), -1))
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    described: Floats = (rows / np.maximum(length, 1e-6)).astype(np.float32)
    return described


def _landmarks(line: Lines) -> Lines:
    """Mark the ends, turns and crossings of lines, (N, H, W), one pixel each.

    A pixel with three or more neighbours on the line is a crossing. Where the middle of the line
    around a pixel is off the pixel, by more than about a pixel, the line ends or turns; the pixel
    where it is farthest off is marked.
    """
    near, size = (1, 7, 7), line.astype(np.float32)
    mass = ndimage.uniform_filter(size, near)
    places = np.indices(line.shape[1:], dtype=np.float32)
    mark = np.zeros_like(size)
    for place in places:
        mark += (ndimage.uniform_filter(size * place, near) / np.maximum(mass, 1e-6) - place) ** 2
    mark = np.where(mark > 0.7, mark, 0)
    neighbours = ndimage.uniform_filter(size, (1, 3, 3)) * 9 - 1
    mark[neighbours > 2.5] = 100
    mark += 0.001 * places[1] + 0.003 * places[0]  # of equals one is marked
    mark[~line] = 0
    marked: Lines = (mark > 0.7) & (mark >= ndimage.maximum_filter(mark, (1, 5, 5)))
    return marked


def _words(rows: Floats, most: int, seed: int) -> NDArray[np.int64]:
    """Return the word of each description, (M,): the nearest of the means that k-means finds."""
    generator = np.random.default_rng(seed)
    learned = rows
    if len(rows) > _LEARNED:
        learned = rows[np.sort(generator.choice(len(rows), _LEARNED, replace=False))]
    count = max(1, min(most, len(learned) // _ROWS_PER_WORD))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mean that loses all its members keeps its place
        means, _ = kmeans2(learned, count, iter=_ITERATIONS, minit="points", rng=generator)
    words: NDArray[np.int64] = vq(rows, means)[0].astype(np.int64)
    return words


def _who_has(glyphs: NDArray[np.int64], words: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Return (count, W) which glyph has which word; words that no glyph has are left out."""
    has = np.zeros((count, int(words.max()) + 1), bool)
    has[glyphs, words] = True
    return has[:, has.any(axis=0)]
