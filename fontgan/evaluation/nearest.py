"""Which hand of a model draws most like another one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.inference.model import Model
from fontgan.losses.images import pyramid

SEEN = 100  # characters: more change nothing


@dataclass(frozen=True)
class Near:
    """How far the hands of a model are from another one.

    Attributes:
        style: the nearest.
        far: of each hand, its drawings' distance from that one's: `fontgan.losses.images.pyramid`.
    """

    style: str
    far: dict[str, float]


@torch.no_grad()
def nearest_style(model: Model, pairs: PairDataset) -> Near:
    """Draw a hand's characters in every hand of a model, and compare.

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
    noise = torch.Generator(model.device).manual_seed(0)
    drawn = model.method.translate(model.drawing, asked, noise)
    return pyramid(drawn, batch.target).item()
