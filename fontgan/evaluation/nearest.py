"""Which hand of a model draws most like another one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.inference.model import Model
from fontgan.losses.images import pyramid
from fontgan.losses.writing import ink_box, stroke_box
from fontgan.methods.base import PenStrokes

SEEN = 100  # characters: more change nothing


@dataclass(frozen=True)
class Near:
    """How far the hands of a model are from another one.

    Attributes:
        style: the nearest.
        far: of each hand, its drawings' distance from that one's, `fontgan.losses.images.pyramid`,
            when they are as large as that one's.
    """

    style: str
    far: dict[str, float]


@torch.no_grad()
def nearest_style(model: Model, pairs: PairDataset) -> Near:
    """Draw a hand's characters in every hand of a model that moves a pen, and compare.

    Args:
        model: whose hands.
        pairs: of the one hand that they are compared with, which need not be in the model.
    """
    batches = list(pairs.spread(SEEN).batches(SEEN))
    far = {}
    for number, name in enumerate(model.task.styles):
        sums = [_far(model, batch.to(model.device), number) * len(batch) for batch in batches]
        far[name] = sum(sums) / sum(map(len, batches))
    return Near(min(far, key=lambda name: far[name]), far)


def _far(model: Model, batch: GlyphBatch, style: int) -> float:
    asked = replace(batch, target_style=torch.full_like(batch.target_style, style))
    strokes = _as_large(model.vector.strokes(model.drawing, asked), batch.target)
    return pyramid(model.vector.draw(strokes, batch.target.shape[-1]), batch.target).item()


def _as_large(strokes: PenStrokes, images: Tensor) -> PenStrokes:
    """Scale and move strokes of a hand, all alike, to the size and place of what is in images."""
    low, high = stroke_box(strokes.points, strokes.radii, strokes.mask).unbind(1)
    least, most = ink_box((1 - images) / 2).unbind(1)
    there = strokes.mask.any(dim=1) & (images < 0).flatten(1).any(dim=1)
    if not there.any():
        return strokes
    ratios = (most - least).norm(dim=1) / (high - low).norm(dim=1)
    scale = ratios[there].median()
    away = (least + most) / 2 - (0.5 + scale * ((low + high) / 2 - 0.5))
    points = 0.5 + scale * (strokes.points - 0.5) + away[there].median(dim=0).values
    return replace(strokes, points=points)
