"""Photographs of writing without a form: cells of a grid, or lines of known text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import FormError
from fontgan.forms.cutting import SOFT, Patch
from fontgan.forms.form import Cell
from fontgan.forms.layout import BASELINE, EM_MARGIN
from fontgan.forms.light import ink_mask, ink_of, paper_of
from fontgan.forms.needs import needed
from fontgan.forms.photos import Photo
from fontgan.forms.separating import Span, bands, borders, characters, middles, step

_LONGEST = 2_400  # pixels of the longer side that are looked at
_STROKE, _RULE = 20, 5  # a stroke is narrower, a ruled line longer than such a part of the picture
_EDGE = 0.012  # of the longer side
_SPECK = 2e-6  # of the picture: less ink in one piece is dust
_SLANT = 3.0  # degrees to either side that lines of writing may run askew
_FILL = 0.86  # of the em that the tallest characters of a line take

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
    down, across = borders(ink.sum(axis=1), rows), borders(ink.sum(axis=0), columns)
    ys, xs = middles(ink.sum(axis=1), down), middles(ink.sum(axis=0), across)
    side = max(step(ys, down), step(xs, across))
    patches, copies = [], _copies(chars)
    for slot, char in enumerate(chars):
        row, column = divmod(slot, columns)
        spans = (down[row], down[row + 1]), (across[column], across[column + 1])
        middle = float(ys[row]), float(xs[column])
        patches.append(
            _patch(photo, share, Cell(slot, char, copies[slot]), spans, middle, side, size)
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
    rows = bands(ink, len(lines))
    if len(rows) != len(lines):
        raise FormError(
            f"{photo.name}: {len(rows)} lines of writing are seen, where the text has "
            f"{len(lines)}; leave more space between lines, or use --grid"
        )
    patches: list[Patch] = []
    copies = _copies("".join(lines))
    for number, (row, line) in enumerate(zip(rows, lines, strict=True), 1):
        columns = characters(ink[slice(*row)], len(line))
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
    ink = _written(ink_mask(share, ink_of([share]), long // 24), grey.size * _SPECK)
    if not ink.any():
        raise FormError(f"{photo.name} shows no writing")
    turn = _slant(ink)
    if abs(turn) > 0.1:
        height, width = ink.shape
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), turn, 1)
        share = cv2.warpAffine(share, matrix, (width, height), borderValue=1.0)
        ink = cv2.warpAffine(ink.astype(np.uint8), matrix, (width, height)) > 0
    return share, ink


def _written(ink: NDArray[np.bool_], least: float) -> NDArray[np.bool_]:
    """Leave out dust, and what reaches the edge of the picture: the paper's own edge, the table."""
    cv2 = needed("cv2")
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    kept = stats[:, cv2.CC_STAT_AREA] >= max(4, least)
    edge = max(2, round(_EDGE * max(ink.shape)))
    rim = np.ones(ink.shape, bool)
    rim[edge:-edge, edge:-edge] = False
    kept[np.unique(labels[rim])] = False
    kept[0] = False
    written: NDArray[np.bool_] = kept[labels]
    return written


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
    limit = max(SOFT, 0.9 * 16 / side)
    return Patch(cell, photo.name, seen, inner, nothing, dots, limit)
