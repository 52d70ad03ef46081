"""Losses over strokes of images (B, 1, S, S) in [-1, 1]: what a reader misses first."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def centre_lines(drawn: Tensor, target: Tensor, rounds: int | None = None) -> Tensor:
    """Return 1 - the soft centre-line Dice of two images: lost and added strokes alike.

    Strokes are thinned by ``rounds`` erosions, so that thick ones count no more than thin ones; a
    drawn centre line should lie on the target's ink, and the target's on the drawn ink.
    Source: clDice (Shit et al. 2021, algorithms 1 and 2).

    Args:
        drawn: (B, 1, S, S) in [-1, 1], ink -1.
        target: the same.
        rounds: at least half the width of the widest stroke, in pixels; default S / 16, at least 4.

    >>> line = torch.ones(1, 1, 9, 9)
    >>> line[..., 4, 1:8] = -1
    >>> round(centre_lines(line, line).item(), 3)
    0.0
    >>> round(centre_lines(torch.ones(1, 1, 9, 9), line).item(), 3)
    0.778
    """
    precision, recall = _on_ink(drawn, target, rounds), _on_ink(target, drawn, rounds)
    return 1 - (2 * precision * recall / (precision + recall).clamp(min=1e-6)).mean()


def lost_lines(drawn: Tensor, target: Tensor, rounds: int | None = None) -> Tensor:
    """Return the share of the target's centre lines that the drawn ink does not cover.

    The recall half of `centre_lines`: it only speaks of lost strokes.

    >>> line = torch.ones(1, 1, 9, 9)
    >>> line[..., 4, 1:8] = -1
    >>> round(lost_lines(line, line).item(), 3)
    0.0
    """
    return 1 - _on_ink(target, drawn, rounds).mean()


def distance_maps(drawn: Tensor, target: Tensor, rounds: int | None = None) -> Tensor:
    """Return the mean difference of two images' distance maps, in pixels.

    How deep a pixel lies in the ink is how many erosions it survives, how far from it how many
    dilations it takes to be reached; on grey both are soft, up to ``rounds`` pixels (default as for
    `centre_lines`). A stroke that is lost, or lies elsewhere, costs by how far the nearest ink is.

    >>> line = torch.ones(1, 1, 9, 9)
    >>> line[..., 4, 1:8] = -1
    >>> distance_maps(line, line).item()
    0.0
    >>> distance_maps(torch.roll(line, 1, 2), line) < distance_maps(torch.roll(line, 3, 2), line)
    tensor(True)
    """
    deep = rounds or _rounds(target)
    return (_distances(_ink(drawn), deep) - _distances(_ink(target), deep)).abs().mean()


def soft_skeleton(ink: Tensor, rounds: int) -> Tensor:
    """Thin ink (B, 1, S, S) in [0, 1] to its ridges, differentiably.

    Source: Shit et al. 2021, algorithm 1: what an opening removes, at every erosion.

    >>> bar = torch.zeros(1, 1, 5, 7)
    >>> bar[..., 1:4, 1:6] = 1
    >>> soft_skeleton(bar, 2)[0, 0, 2].tolist()
    [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    """
    skeleton = F.relu(ink - _open(ink))
    for _ in range(rounds):
        ink = _erode(ink)
        ridge = F.relu(ink - _open(ink))
        skeleton = skeleton + F.relu(ridge - skeleton * ridge)
    return skeleton


def _on_ink(lines_of: Tensor, other: Tensor, rounds: int | None) -> Tensor:
    """Return (B,): the share of one image's centre lines that lies on the other's ink.

    One pixel is added above and below, so that an empty image has a share too.
    """
    lines = soft_skeleton(_ink(lines_of), rounds or _rounds(other))
    covered = (lines * _ink(other)).flatten(1).sum(dim=1)
    return (covered + 1) / (lines.flatten(1).sum(dim=1) + 1)


def _rounds(image: Tensor) -> int:
    return max(4, image.shape[-1] // 16)


def _ink(image: Tensor) -> Tensor:
    return (1 - image) / 2


def _distances(ink: Tensor, rounds: int) -> Tensor:
    """Return signed distances to the ink's edge (B, 1, S, S): positive inside."""
    inside, outside = ink, 1 - ink
    depth = inside - outside
    for _ in range(rounds - 1):
        inside, outside = _erode(inside), _erode(outside, beyond=1.0)
        depth = depth + inside - outside
    return depth


def _erode(x: Tensor, beyond: float = 0.0) -> Tensor:
    # A cross, not a square: corners of strokes survive.
    paper = F.pad(x, (1, 1, 1, 1), value=beyond)
    rows = torch.minimum(paper[..., :-2, 1:-1], paper[..., 2:, 1:-1])
    columns = torch.minimum(paper[..., 1:-1, :-2], paper[..., 1:-1, 2:])
    return torch.minimum(x, torch.minimum(rows, columns))


def _open(x: Tensor) -> Tensor:
    paper = F.pad(_erode(x), (1, 1, 1, 1))
    wide = torch.maximum(torch.maximum(paper[..., :-2], paper[..., 1:-1]), paper[..., 2:])
    return torch.maximum(torch.maximum(wide[..., :-2, :], wide[..., 1:-1, :]), wide[..., 2:, :])
