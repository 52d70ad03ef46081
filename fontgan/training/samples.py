"""Sheets of drawn glyphs beside their sources and truths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fontgan.data.batch import GlyphBatch, to_pixels
from fontgan.data.pairs import PairDataset
from fontgan.glyphs.sheet import Sheet

Images = NDArray[np.uint8]


def comparison_sheet(
    pairs: PairDataset,
    translate: Callable[[GlyphBatch], Tensor],
    device: torch.device,
    styles: int = 12,
) -> Sheet:
    """Draw pairs and put them beside source and truth: one row a style, three blocks of characters.

    Args:
        pairs: what to draw, a few pairs a style.
        translate: draws a batch as (B, 1, S, S) in [-1, 1].
        device: where to draw.
        styles: at most so many rows.
    """
    rows, labels = [], []
    for style in np.unique(pairs.style)[:styles]:
        places = np.flatnonzero(pairs.style == style)
        batch = pairs.batch(places)
        drawn = to_pixels(translate(batch.to(device))).squeeze(1).cpu().numpy()
        source, truth = pairs.pixels(places)
        rows.append([*source, *drawn, *truth])
        labels.append(pairs.style_names[style])
    width = max(len(row) for row in rows) // 3
    blocks = [(0, "source"), (width, "generated"), (2 * width, "truth")]
    return Sheet([_fill_blocks(row, width) for row in rows], labels, column_groups=blocks)


def _fill_blocks(row: list[Images], width: int) -> list[Images | None]:
    """Give each of a row's three blocks ``width`` cells; a style may have fewer characters."""
    third = len(row) // 3
    gap: list[Images | None] = [None] * (width - third)
    return [*row[:third], *gap, *row[third : 2 * third], *gap, *row[2 * third :], *gap]
