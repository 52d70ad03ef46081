"""Photographs of writing without a form: cells of a grid, or lines of known text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import FormError
from fontgan.forms.cells import Patch
from fontgan.forms.form import Cell
from fontgan.forms.layout import BASELINE, EM_MARGIN
from fontgan.forms.light import ink_mask, ink_of, paper_of
from fontgan.forms.needs import needed
from fontgan.forms.photos import Photo

_LONGEST = 2_400  # pixels of the longer side that are looked at
_STROKE, _RULE = 20, 5  # a stroke is narrower, a ruled line longer than such a part of the picture
_SPECK = 2e-6  # of the picture: less ink in one piece is dust
_SLANT = 3.0  # degrees to either side that lines of writing may run askew
_FILL = 0.86  # of the em that the tallest characters of a line take

Span = tuple[int, int]
_Ink = tuple[NDArray[np.float32], NDArray[np.bool_]]


def grid_cells(
    photo: Photo, chars: Sequence[str], rows: int, columns: int, size: int
) -> list[Patch]:
    """Cut a photograph into the cells of a grid in which characters were written.

    The grid spans the ink; each border is moved to the emptiest place near where it should be.

    Args:
        photo: the photograph, upright.
        chars: what was written, row by row; fewer than cells leave the last ones out.
        rows: of the grid.
        columns: of the grid.
        size: side of the images in pixels.

    Raises:
        FormError: more characters than cells, or no ink.
    """
    if not 0 < len(chars) <= rows * columns:
        raise FormError(f"{len(chars)} characters do not go into {rows} x {columns} cells")
    share, ink = _inked(photo)
    down = _borders(ink.sum(axis=1), rows)
    across = _borders(ink.sum(axis=0), columns)
    side = max(np.median(np.diff(down)), np.median(np.diff(across)))
    patches, copies = [], _copies(chars)
    for slot, char in enumerate(chars):
        row, column = divmod(slot, columns)
        spans = (down[row], down[row + 1]), (across[column], across[column + 1])
        middle = sum(spans[0]) / 2, sum(spans[1]) / 2
        patches.append(
            _patch(photo, share, Cell(slot, char, copies[slot]), spans, middle, float(side), size)
        )
    return patches


def line_cells(photo: Photo, lines: Sequence[str], size: int) -> list[Patch]:
    """Cut lines of writing into the characters of a known text.

    Args:
        photo: the photograph, upright.
        lines: what was written, line by line.
        size: side of the images in pixels.

    Raises:
        FormError: the lines do not stand apart, or one cannot be cut into its characters.
    """
    share, ink = _inked(photo)
    rows = _lines(ink, len(lines))
    if len(rows) != len(lines):
        raise FormError(
            f"{photo.name}: {len(rows)} lines of writing are seen, where the text has "
            f"{len(lines)}; leave more space between lines, or use --grid"
        )
    patches: list[Patch] = []
    copies = _copies("".join(lines))
    for number, (row, line) in enumerate(zip(rows, lines, strict=True), 1):
        columns = _characters(ink[slice(*row)], len(line))
        if len(columns) != len(line):
            raise FormError(
                f"{photo.name}: line {number} shows {len(columns)} separate characters, where "
                f"the text has {len(line)}; leave gaps between them, or use --grid"
            )
        for char, column in zip(line, columns, strict=True):
            side = (row[1] - row[0]) / _FILL / (1 - 2 * EM_MARGIN)
            # the line's ink stands on the baseline, or a little below it
            middle = row[1] - side * (min(BASELINE + 0.06, 0.93) - 0.5), sum(column) / 2
            slot = len(patches)
            patches.append(
                _patch(
                    photo, share, Cell(slot, char, copies[slot]), (row, column), middle, side, size
                )
            )
    return patches


def _copies(chars: Sequence[str]) -> list[int]:
    """Return which copy of its character each one is, from 1."""
    seen: Counter[str] = Counter()
    copies = []
    for char in chars:
        seen[char] += 1
        copies.append(seen[char])
    return copies


def _inked(photo: Photo) -> _Ink:
    """Return an upright photograph as a share of its paper's grey, and where ink is."""
    cv2 = needed("cv2")
    grey = photo.grey
    scale = min(1.0, _LONGEST / max(grey.shape))
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    long = max(grey.shape)
    share = np.minimum(grey / paper_of(grey, long // _STROKE, long // _RULE), 1).astype(np.float32)
    ink = _dusted(ink_mask(share, ink_of([share]), long // 24), grey.size * _SPECK)
    if not ink.any():
        raise FormError(f"{photo.name} shows no writing")
    turn = _slant(ink)
    if abs(turn) > 0.1:
        height, width = ink.shape
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1)
        share = cv2.warpAffine(share, matrix, (width, height), borderValue=1.0)
        ink = cv2.warpAffine(ink.astype(np.uint8), matrix, (width, height)) > 0
    return share, ink


def _dusted(ink: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    cv2 = needed("cv2")
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= max(4, least)
    large[0] = False
    kept: NDArray[np.bool_] = large[labels]
    return kept


def _slant(ink: NDArray[np.bool_]) -> float:
    """Return by how many degrees to turn, so that lines of writing lie level: sharpest profile."""
    cv2 = needed("cv2")
    small = cv2.resize(ink.astype(np.float32), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    height, width = small.shape
    best, turn = -1.0, 0.0
    for degrees in np.arange(-_SLANT, _SLANT + 0.1, 0.25):
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), float(degrees), 1)
        profile = cv2.warpAffine(small, matrix, (width, height)).sum(axis=1)
        sharp = float(np.square(np.diff(profile)).sum())
        if sharp > best * 1.001:
            best, turn = sharp, float(degrees)
    return turn


def _borders(profile: NDArray[np.int64], count: int) -> list[int]:
    """Return the count + 1 borders of even spans, each where there is least ink near its place."""
    inked = np.flatnonzero(profile)
    low, high = int(inked[0]), int(inked[-1]) + 1
    step = (high - low) / count
    borders = [low]
    for number in range(1, count):
        place, reach = low + number * step, max(1, int(step * 0.3))
        near = np.arange(int(place) - reach, int(place) + reach + 1)
        near = near[(near > borders[-1]) & (near < high)]
        cost = profile[near] + 0.02 * profile.max() * np.abs(near - place) / reach
        borders.append(int(near[cost.argmin()]))
    return [*borders, high]


def _lines(ink: NDArray[np.bool_], count: int) -> list[Span]:
    """Return the bands of ink, top to bottom; small ones belong to their nearest neighbour."""
    bands = _runs(ink.sum(axis=1))
    while len(bands) > count:
        gaps = [second[0] - first[1] for first, second in pairwise(bands)]
        place = int(np.argmin(gaps))
        tallest = max(end - start for start, end in bands)
        merged = (bands[place][0], bands[place + 1][1])
        if merged[1] - merged[0] > 1.5 * tallest:
            break
        bands[place : place + 2] = [merged]
    return bands


def _characters(ink: NDArray[np.bool_], count: int) -> list[Span]:
    """Return the spans of a line's characters: pieces that a narrow gap divides are joined."""
    spans = _runs(ink.sum(axis=0))
    while len(spans) > count:
        # joined is what makes the least wide piece: parts of one character lie in one em
        widths = [second[1] - first[0] for first, second in pairwise(spans)]
        gaps = [second[0] - first[1] for first, second in pairwise(spans)]
        cost = [width + 2 * gap for width, gap in zip(widths, gaps, strict=True)]
        place = int(np.argmin(cost))
        spans[place : place + 2] = [(spans[place][0], spans[place + 1][1])]
    return spans


def _runs(profile: NDArray[np.int64]) -> list[Span]:
    edges = np.flatnonzero(np.diff((profile > 0).astype(np.int8), prepend=0, append=0))
    return [(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def _patch(
    photo: Photo,
    share: NDArray[np.float32],
    cell: Cell,
    spans: tuple[Span | tuple[int, ...], Span | tuple[int, ...]],
    middle: tuple[float, float],
    side: float,
    size: int,
) -> Patch:
    """Bring the part of a photograph within two spans onto a square of its own."""
    cv2 = needed("cv2")
    alone = np.ones_like(share)
    part = tuple(slice(*span) for span in spans)
    alone[part] = share[part]
    scale = side / size
    matrix = np.array(
        [
            [scale, 0, middle[1] - side / 2 + scale / 2 - 0.5],
            [0, scale, middle[0] - side / 2 + scale / 2 - 0.5],
        ]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(alone, matrix, (size, size), flags=flags, borderValue=1.0)
    inner = (slice(0, size), slice(0, size))
    nothing = np.zeros((size, size), bool)
    # a cell is taken for one of 16 mm, so that blur is judged by the same measure
    dots = size / 16
    limit = max(0.22, 0.9 * 16 / side)
    return Patch(cell, photo.name, seen, inner, nothing, dots, limit)
