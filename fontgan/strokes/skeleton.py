"""The skeleton of a glyph as a graph: branches between junctions, cleaned of what thinning adds."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from fontgan.strokes.paths import length

Points = NDArray[np.float64]

_ROUND = np.ones((3, 3), int)
_SPUR = 1.5  # half widths at its junction: a loose branch shorter than that is no stroke
_BRIDGE = 1.2  # half widths: junctions nearer than that are one crossing
_STEPS = [(-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)]


@dataclass(eq=False)
class Branch:
    """A line of the skeleton.

    Attributes:
        points: (n, 2) in pixels, (x, y).
        ends: the nodes at its first and last point; None where it ends freely.
    """

    points: Points
    ends: list[int | None]

    @property
    def length(self) -> float:
        """Return the arc length in pixels."""
        return length(self.points)


@dataclass(eq=False)
class Skeleton:
    """Nodes and branches of a thinned glyph.

    Attributes:
        nodes: places of the junctions in pixels, (x, y).
        radii: half the width of the ink at each node, in pixels.
        branches: the lines between them; a closed one without nodes has its first point twice.
        dots: pieces of the glyph that are thinned to one point.
    """

    nodes: list[Points] = field(default_factory=list)
    radii: list[float] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    dots: list[Points] = field(default_factory=list)

    def at(self, node: int) -> list[tuple[int, int]]:
        """Return the (branch, end) pairs that meet at a node."""
        return [
            (number, end)
            for number, branch in enumerate(self.branches)
            for end in (0, 1)
            if branch.ends[end] == node
        ]


def skeleton_of(ink: NDArray[np.bool_]) -> tuple[Skeleton, NDArray[np.float64]]:
    """Thin a glyph and return its clean graph, and the distance to paper of each pixel.

    Args:
        ink: (S, S), some paper around it.
    """
    from skimage.morphology import skeletonize

    thin = skeletonize(ink)  # type: ignore[no-untyped-call]
    distance: NDArray[np.float64] = ndimage.distance_transform_edt(ink)
    graph = _graph(thin, distance)
    _prune_spurs(graph)  # first, lest the corners of a blunt end make a crossing with what is near
    _collapse_bridges(graph)
    _prune_spurs(graph)
    return graph, distance


def _graph(thin: NDArray[np.bool_], distance: NDArray[np.float64]) -> Skeleton:
    neighbours = ndimage.convolve(thin.astype(int), _ROUND, mode="constant") - 1
    labels, count = ndimage.label(thin & (neighbours >= 3), _ROUND)
    graph = Skeleton()
    for node in range(1, count + 1):
        place = np.argwhere(labels == node).mean(0)
        graph.nodes.append(place[::-1])
        graph.radii.append(float(distance[labels == node].max()))
    lines, count = ndimage.label(thin & (labels == 0), _ROUND)
    for number in range(1, count + 1):
        branch = _branch(np.argwhere(lines == number), labels)
        if len(branch.points) == 1 and branch.ends == [None, None]:
            graph.dots.append(branch.points[0])
        else:
            graph.branches.append(branch)
    bare = set(range(len(graph.nodes))) - {end for one in graph.branches for end in one.ends}
    graph.dots.extend(graph.nodes[node] for node in sorted(bare))
    return graph


def _branch(pixels: NDArray[np.int64], nodes: NDArray[np.int64]) -> Branch:
    """Put the pixels of one line into their order, and find the nodes at its ends."""
    order = _ordered({(int(y), int(x)) for y, x in pixels})
    first, last = _touching(order[0], nodes), _touching(order[-1], nodes)
    if len(order) == 1:
        first, last = first[:1], first[1:]
    ends: list[int | None] = [one[0] if one else None for one in (first, last)]
    if ends == [None, None] and len(order) > 4 and _adjacent(order[0], order[-1]):
        order.append(order[0])  # a loop
    return Branch(np.array(order, np.float64)[:, ::-1], ends)


def _ordered(pixels: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """Walk along pixels from an end; from the uppermost of a loop."""
    ends = [pixel for pixel in pixels if len(_near(pixel, pixels)) <= 1]
    walk = [min(ends or pixels)]
    left = pixels - {walk[0]}
    while left and (near := _near(walk[-1], left)):
        walk.append(near[0])
        left.discard(near[0])
    return walk


def _near(pixel: tuple[int, int], pixels: set[tuple[int, int]]) -> list[tuple[int, int]]:
    around = ((pixel[0] + down, pixel[1] + right) for down, right in _STEPS)
    return [one for one in around if one in pixels]


def _adjacent(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) <= 1


def _touching(pixel: tuple[int, int], nodes: NDArray[np.int64]) -> list[int]:
    y, x = pixel
    around = nodes[max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2]
    return [int(label) - 1 for label in np.unique(around[around > 0])]


def _collapse_bridges(graph: Skeleton) -> None:
    """Make one node of junctions that lie within the ink of one crossing, nearest first."""
    while bridges := [one for one in graph.branches if _bridge_length(graph, one) < _BRIDGE]:
        bridge = min(bridges, key=lambda one: one.length)
        keep, gone = bridge.ends
        assert keep is not None and gone is not None
        graph.branches.remove(bridge)
        graph.nodes[keep] = (graph.nodes[keep] + graph.nodes[gone]) / 2
        graph.radii[keep] = max(graph.radii[keep], graph.radii[gone])
        for branch in graph.branches:
            branch.ends = [keep if end == gone else end for end in branch.ends]


def _bridge_length(graph: Skeleton, branch: Branch) -> float:
    """Return the length of a branch between two junctions in half widths of their ink."""
    first, last = branch.ends
    if first is None or last is None or first == last:
        return np.inf
    if min(len(graph.at(first)), len(graph.at(last))) < 3:
        return np.inf
    return branch.length / max(graph.radii[first], graph.radii[last], 1.0)


def _prune_spurs(graph: Skeleton) -> None:
    """Drop loose branches that do not leave the ink of their junction, shortest first.

    Where two of them are the corners of one blunt end, the stroke ends in the middle of the two.
    """
    while spurs := [one for one in graph.branches if _spur_length(graph, one) < _SPUR]:
        spur = min(spurs, key=lambda one: _spur_length(graph, one))
        twins = [one for one in spurs if one is not spur and _node(one) == _node(spur)]
        graph.branches.remove(spur)
        if len(twins) == 1 and len(graph.at(_node(spur))) == 2:
            middle = (_tip(spur) + _tip(twins[0])) / 2
            twins[0].points = np.stack([graph.nodes[_node(spur)], middle])
            twins[0].ends = [_node(spur), None]


def _node(loose: Branch) -> int:
    """Return the node of a loose branch."""
    return next(end for end in loose.ends if end is not None)


def _tip(loose: Branch) -> Points:
    """Return the free end of a loose branch."""
    tip: Points = loose.points[0 if loose.ends[0] is None else -1]
    return tip


def _spur_length(graph: Skeleton, branch: Branch) -> float:
    """Return the length of a loose branch in half widths; infinite where it must stay."""
    if branch.ends.count(None) != 1 or len(graph.at(_node(branch))) < 3:
        return np.inf
    node = _node(branch)
    return float(np.hypot(*(_tip(branch) - graph.nodes[node]))) / max(graph.radii[node], 1.0)
