"""Joint augmentation: source, target and strokes of a pair are moved by the same transform."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from fontgan.data.batch import GlyphBatch, send

AT_ONCE = 2  # pairs moved at once on a CPU: they stay in its caches, which is twice as fast


@dataclass(frozen=True)
class Augment:
    """How far a pair may be moved, alike for source, target and strokes.

    Attributes:
        enlarge: enlarge by up to this factor, then crop a random place (zi2zi: 1.2).
        shift: move by up to this share of the side.
        rotate: turn by up to this many degrees.
    """

    enlarge: Annotated[float, Field(ge=1, le=2)] = 1.0
    shift: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    rotate: Annotated[float, Field(ge=0, le=45)] = 0.0

    @property
    def active(self) -> bool:
        """Whether anything is moved at all."""
        return self != Augment()

    def apply(
        self,
        batch: GlyphBatch,
        generator: torch.Generator,
        whole: int | None = None,
        share: slice = slice(None),
    ) -> GlyphBatch:
        """Move each pair by its own random transform; paper (+1) enters at the borders.

        Args:
            batch: on any device.
            generator: on the CPU; it decides the transforms.
            whole: pairs of the batch of which this is a share, if it is one: a pair moves alike
                whoever has it.
            share: which of them these are.
        """
        if not self.active:
            return batch
        draws = torch.rand(whole or len(batch), 5, generator=generator)[share]
        maps = send(self._transforms(draws), batch.source.device)
        source, target = _move(batch.source, batch.target, maps)
        strokes = replace(batch.strokes, points=_move_points(batch.strokes.points, maps))
        return replace(batch, source=source, target=target, strokes=strokes)

    def _transforms(self, draws: Tensor) -> Tensor:
        """Return (B, 2, 3) maps from places in the result to places in the image, in [-1, 1]."""
        scale = 1 / (1 + (self.enlarge - 1) * draws[:, 0])
        angle = torch.deg2rad((2 * draws[:, 1] - 1) * self.rotate)
        slack = 1 - scale[:, None]  # how far the crop may move without leaving the image
        move = (2 * draws[:, 2:4] - 1) * (slack + 2 * self.shift)
        cos, sin = scale * angle.cos(), scale * angle.sin()
        rows = torch.stack([cos, -sin, move[:, 0], sin, cos, move[:, 1]], dim=1)
        return rows.view(-1, 2, 3)


def _move(source: Tensor, target: Tensor, maps: Tensor) -> tuple[Tensor, Tensor]:
    """Move both images (B, 1, S, S) of pairs by affine maps (B, 2, 3); paper (+1) enters."""
    moved = torch.empty_like(source), torch.empty_like(target)
    count = len(source)
    step = min(count, AT_ONCE) if source.device.type == "cpu" else count
    grids = _Grids(maps, source.shape[-1])
    images = source.new_empty(step, 2, *source.shape[2:])
    for start in range(0, count, step):
        some = slice(start, min(start + step, count))
        part = images[: some.stop - start]
        # Padding is zero: shift the range so that zero is paper.
        torch.sub(source[some], 1, out=part[:, :1])
        torch.sub(target[some], 1, out=part[:, 1:])
        part = F.grid_sample(part, grids.of(some), mode="bilinear", align_corners=False)
        for image, there in zip(part.split(1, dim=1), moved, strict=True):
            torch.add(image, 1, out=there[some])
    return moved


def _move_points(points: Tensor, maps: Tensor) -> Tensor:
    """Move points (B, ..., 2), in sides, to where maps (B, 2, 3) bring the images' places.

    The maps say of places in the result where they come from: points go the other way.
    """
    a, b, c, d = (maps[:, row, column] for row in (0, 1) for column in (0, 1))
    inverse = torch.stack([d, -b, -c, a], dim=1).view(-1, 2, 2) / (a * d - b * c).view(-1, 1, 1)
    beside = (2 * points.flatten(1, -2) - 1) - maps[:, None, :, 2]
    moved = (torch.einsum("brc,bnc->bnr", inverse, beside) + 1) / 2
    return moved.view(points.shape)


class _Grids:
    """Where each pixel comes from, by affine maps (B, 2, 3).

    What torch's ``affine_grid`` gives, fifteen times as fast: it would be the slowest part of all.
    """

    def __init__(self, maps: Tensor, side: int) -> None:
        places = (2 * torch.arange(side, device=maps.device, dtype=maps.dtype) + 1) / side - 1
        rows = places[:, None] * maps[:, None, :, 0] + maps[:, None, :, 2]
        self.rows = rows.flatten(1)[:, None]  # x, y, x, y
        self.slopes = maps[:, None, :, 1].repeat(1, 1, side)
        self.places = places[:, None]

    def of(self, some: slice) -> Tensor:
        """Return those of some maps, (B, S, S, 2) in [-1, 1]."""
        grid = torch.addcmul(self.rows[some], self.slopes[some], self.places)
        return grid.view(len(grid), len(self.places), -1, 2)
