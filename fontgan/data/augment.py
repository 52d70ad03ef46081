"""Joint augmentation: source and target of a pair are moved by the same transform."""

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
    """How far a pair may be moved, alike for source and target.

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
        moved = batch.source.new_empty(len(batch), 2, *batch.source.shape[2:])
        step = AT_ONCE if batch.source.device.type == "cpu" else len(batch)
        for start in range(0, len(batch), step):
            some = slice(start, start + step)
            images = torch.cat([batch.source[some], batch.target[some]], dim=1)
            moved[some] = _move(images, maps[some])
        source, target = moved.chunk(2, dim=1)
        return replace(batch, source=source, target=target)

    def _transforms(self, draws: Tensor) -> Tensor:
        """Return (B, 2, 3) maps from places in the result to places in the image, in [-1, 1]."""
        scale = 1 / (1 + (self.enlarge - 1) * draws[:, 0])
        angle = torch.deg2rad((2 * draws[:, 1] - 1) * self.rotate)
        slack = 1 - scale[:, None]  # how far the crop may move without leaving the image
        move = (2 * draws[:, 2:4] - 1) * (slack + 2 * self.shift)
        cos, sin = scale * angle.cos(), scale * angle.sin()
        rows = torch.stack([cos, -sin, move[:, 0], sin, cos, move[:, 1]], dim=1)
        return rows.view(-1, 2, 3)


def _move(images: Tensor, maps: Tensor) -> Tensor:
    """Move images (B, C, S, S) by affine maps (B, 2, 3); paper (+1) enters at the borders."""
    # Padding is zero: shift the range so that zero is paper.
    grid = _grid(maps, images.shape[-1])
    return F.grid_sample(images.sub_(1), grid, mode="bilinear", align_corners=False).add_(1)


def _grid(maps: Tensor, side: int) -> Tensor:
    """Return where each pixel comes from, (B, S, S, 2) in [-1, 1], by affine maps (B, 2, 3).

    What torch's ``affine_grid`` gives, fifteen times as fast: it would be the slowest part of all.
    """
    places = (2 * torch.arange(side, device=maps.device, dtype=maps.dtype) + 1) / side - 1
    first = (places[:, None] * maps[:, None, :, 0] + maps[:, None, :, 2]).flatten(1)  # x, y, x, y
    slope = maps[:, :, 1].repeat(1, side)
    grid = torch.addcmul(first[:, None], slope[:, None], places[:, None])
    return grid.view(-1, side, side, 2)
