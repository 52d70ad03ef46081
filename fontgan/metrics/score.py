"""Scores of drawn glyphs against their truths, per style."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.metrics import pixels

MEASURES = {"l1": pixels.l1, "ssim": pixels.ssim}
HIGHER_IS_BETTER = {"l1": False, "ssim": True}


@dataclass(frozen=True)
class Scores:
    """Means of each measure, on grey images in [0, 1], uncropped.

    Attributes:
        glyphs: how many were compared.
        mean: by measure, over all glyphs.
        by_style: by style, then by measure.
    """

    glyphs: int
    mean: dict[str, float]
    by_style: dict[str, dict[str, float]]


@torch.no_grad()
def score(
    translate: Callable[[GlyphBatch], Tensor],
    pairs: PairDataset,
    device: torch.device,
    batch_size: int = 64,
) -> Scores:
    """Draw every pair's source and compare it with the pair's target.

    Args:
        translate: draws a batch as (B, 1, S, S) in [-1, 1].
        pairs: what to draw.
        device: where to compare.
        batch_size: glyphs drawn at once.
    """
    values: dict[str, list[Tensor]] = {name: [] for name in MEASURES}
    styles: list[Tensor] = []
    for batch in pairs.batches(batch_size):
        batch = batch.to(device)
        drawn = (translate(batch).float().clamp(-1, 1) + 1) / 2
        truth = (batch.target + 1) / 2
        styles.append(batch.target_style.cpu())
        for name, measure in MEASURES.items():
            values[name].append(measure(drawn, truth).cpu())
    style = torch.cat(styles)
    columns = {name: torch.cat(parts) for name, parts in values.items()}
    by_style = {
        pairs.style_names[index]: {
            name: column[style == index].mean().item() for name, column in columns.items()
        }
        for index in style.unique().tolist()
    }
    mean = {name: column.mean().item() for name, column in columns.items()}
    return Scores(len(style), mean, by_style)
