"""Strokes traced from a glyph image: the fallback for characters that are in no stroke set.

The glyph is thinned, its skeleton made a graph, and at each junction the two branches that lie
straightest become one stroke; the others end there. Order and direction are guesses: from top to
bottom and from left to right.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fontgan.errors import DataError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.strokes.paths import Strokes, length
from fontgan.strokes.skeleton import Skeleton, skeleton_of

Points = NDArray[np.float64]
HalfEdge = tuple[int, int]  # a branch and one of its ends

TRACED_AT = 192  # pixels of a side: smaller images are enlarged before they are thinned
_FACE = Canvas(256, "em", 0.1)
_STRAIGHT = np.cos(np.radians(120))  # of the angle between branches that may be one stroke
_CORNER = np.cos(np.radians(150))  # straighter ones skip the junction, where thinning bends them
_TOLERANCE = 0.12  # half widths that a simplified line may be off
_LEANING = 0.5  # of its width: a stroke that falls by more is written downwards


def trace(image: NDArray[np.uint8]) -> Strokes:
    """Trace the strokes of a glyph, with half their widths as radii.

    Args:
        image: (S, S) uint8, ink 0 on paper 255.

    Returns:
        Strokes in sides of the image: x to the right and y down, the image is [0, 1] x [0, 1].

    Raises:
        DataError: not such an image, or no ink in it.
    """
    if image.ndim != 2 or image.shape[0] != image.shape[1] or image.dtype != np.uint8:
        raise DataError(f"to be traced, a glyph must be (S, S) uint8, not {image.shape}")
    zoom = max(1, -(-TRACED_AT // len(image)))
    paper = np.pad(image, 1, constant_values=255)
    if zoom > 1:
        paper = ndimage.zoom(paper, zoom, order=1, grid_mode=True, mode="nearest")
    ink = paper < 128
    if not ink.any():
        raise DataError("the glyph is empty: there is no ink to trace strokes from")
    graph, distance = skeleton_of(ink)
    lines = [*_joined(graph), *(dot[None] for dot in graph.dots)]
    written = sorted((_directed(line) for line in lines), key=_place)
    return _finished(written, distance, zoom, len(image))


def trace_face(face: FontFace, char: str) -> Strokes:
    """Trace the strokes of a face's glyph, in em units.

    Raises:
        FontError: the face does not draw the character.
    """
    inner = 1 - 2 * _FACE.margin
    found = trace(_FACE.draw(face, char))
    return found.moved(np.full(2, 1 / inner), np.full(2, (inner - 1) / 2 / inner))


def _joined(graph: Skeleton) -> list[Points]:
    """Return the lines that the branches make, paired at their nodes."""
    partner: dict[HalfEdge, HalfEdge] = {}
    for node in range(len(graph.nodes)):
        for one, other in _pairs(graph, node):
            partner[one], partner[other] = other, one
    halves = [(number, end) for number in range(len(graph.branches)) for end in (0, 1)]
    lines: list[Points] = []
    done: set[int] = set()
    # Those that begin where a stroke ends; what is left then goes round.
    for start in sorted(halves, key=lambda half: half in partner):
        if start[0] not in done:
            lines.append(_walked(graph, start, partner, done))
    return lines


def _walked(
    graph: Skeleton, start: HalfEdge, partner: dict[HalfEdge, HalfEdge], done: set[int]
) -> Points:
    """Follow branches from an end on until a stroke ends or comes round."""
    half: HalfEdge | None = start
    parts: list[Points] = _node_of(graph, start, partner)
    while half is not None and half[0] not in done:
        done.add(half[0])
        parts.append(_cut_back(graph, half))
        far = (half[0], 1 - half[1])
        parts.extend(_node_of(graph, far, partner))
        half = partner.get(far)
    if half is not None and len(parts) > 1:
        parts.append(parts[0][:1])  # it came round
    return np.concatenate(parts)


def _cut_back(graph: Skeleton, half: HalfEdge) -> Points:
    """Return a branch from one end on, without what lies within the ink of its nodes."""
    branch = graph.branches[half[0]]
    keep = np.ones(len(branch.points), bool)
    for node in branch.ends:
        if node is not None:
            away = np.hypot(*(branch.points - graph.nodes[node]).T)
            keep &= away > graph.radii[node]
    kept = branch.points[keep] if keep.any() else branch.points[[len(keep) // 2]]
    return kept[:: -1 if half[1] else 1]


def _node_of(graph: Skeleton, half: HalfEdge, partner: dict[HalfEdge, HalfEdge]) -> list[Points]:
    """Return the node at a half-edge, unless the stroke runs straight through it."""
    node = graph.branches[half[0]].ends[half[1]]
    if node is None:
        return []
    other = partner.get(half)
    if other and _leaving(graph, node, half) @ _leaving(graph, node, other) < _CORNER:
        return []
    return [graph.nodes[node][None]]


def _pairs(graph: Skeleton, node: int) -> list[tuple[HalfEdge, HalfEdge]]:
    """Pair the half-edges at a node, straightest first; two alone are one stroke anyway."""
    halves = graph.at(node)
    ways = {half: _leaving(graph, node, half) for half in halves}
    rated = sorted(
        (float(ways[one] @ ways[other]), one, other)
        for number, one in enumerate(halves)
        for other in halves[number + 1 :]
    )
    pairs: list[tuple[HalfEdge, HalfEdge]] = []
    for cosine, one, other in rated:
        free = not {one, other} & {half for pair in pairs for half in pair}
        if free and (cosine < _STRAIGHT or len(halves) == 2):
            pairs.append((one, other))
    return pairs


def _leaving(graph: Skeleton, node: int, half: HalfEdge) -> Points:
    """Return the unit vector in which a branch leaves a node, seen beyond the node's ink."""
    points = _cut_back(graph, half)
    along = np.cumsum(np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T))
    seen = points[: max(1, int(np.searchsorted(along, 2 * graph.radii[node])))]
    way = seen[-1] - seen[0] if length(seen) > graph.radii[node] else seen[-1] - graph.nodes[node]
    unit: Points = way / max(float(np.hypot(*way)), 1e-9)
    return unit


def _directed(line: Points) -> Points:
    """Turn a line to run down, or to the right where it is flat; open a loop at its top left."""
    if len(line) > 2 and (line[0] == line[-1]).all():
        first = int((line[:-1].sum(axis=1)).argmin())
        opened = np.roll(line[:-1], -first, axis=0)
        return (
            opened if opened[len(opened) // 4, 0] < opened[-len(opened) // 4, 0] else opened[::-1]
        )
    right, down = line[-1] - line[0]
    backwards = down < 0 if abs(down) > _LEANING * abs(right) else right < 0
    return line[::-1] if backwards else line


def _place(line: Points) -> float:
    """Return the rank of a line in the order of writing."""
    left, top = line.min(0)
    return float(top + 0.5 * left)


def _finished(lines: list[Points], distance: Points, zoom: int, size: int) -> Strokes:
    """Smooth and simplify lines, take radii from the distances, and scale all to the image."""
    from skimage.measure import approximate_polygon

    done, radii = [], []
    for line in lines:
        wide = float(np.median(_sampled(distance, line)))
        simple = approximate_polygon(_smoothed(line, wide / 2), _TOLERANCE * wide)  # type: ignore[no-untyped-call]
        done.append((((simple + 0.5) / zoom - 1) / size).astype(np.float32))
        radius = np.maximum(_sampled(distance, simple), 0.5) / zoom / size
        radii.append(radius.astype(np.float32))
    return Strokes(tuple(done), tuple(radii))


def _smoothed(line: Points, reach: float) -> Points:
    """Blur a line along its length by ``reach`` pixels; its ends stay."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    if along[-1] < 2:
        return line
    even = np.linspace(0, along[-1], int(along[-1]) + 1)
    points = np.stack([np.interp(even, along, column) for column in line.T], axis=1)
    around = np.pad(points, ((int(3 * reach) + 1,) * 2, (0, 0)), mode="reflect", reflect_type="odd")
    inner = slice(int(3 * reach) + 1, -int(3 * reach) - 1)
    blurred: Points = ndimage.gaussian_filter1d(around, reach, axis=0, truncate=3)[inner]
    blurred[[0, -1]] = line[[0, -1]]
    return blurred


def _sampled(distance: Points, points: Points) -> Points:
    values: Points = ndimage.map_coordinates(distance, points.T[::-1], order=1, mode="nearest")
    return values
