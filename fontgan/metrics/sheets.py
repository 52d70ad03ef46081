"""Sheets of drawn glyphs beside their sources and truths."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fontgan.data.batch import GlyphBatch, to_pixels
from fontgan.data.pairs import PairDataset
from fontgan.glyphs.evenly import evenly
from fontgan.glyphs.sheet import Sheet
from fontgan.methods.base import CodedMethod, Networks

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
    for style in pairs.styles[:styles]:
        places = pairs.of_style(style)
        batch = pairs.batch(places)
        drawn = to_pixels(translate(batch.to(device))).squeeze(1).cpu().numpy()
        source, truth = pairs.pixels(places)
        rows.append([*source, *drawn, *truth])
        labels.append(pairs.style_names[style])
    width = max(len(row) for row in rows) // 3
    blocks = [(0, "source"), (width, "generated"), (2 * width, "truth")]
    return Sheet([_fill_blocks(row, width) for row in rows], labels, column_groups=blocks)


@torch.no_grad()
def codes_sheet(
    pairs: PairDataset,
    method: CodedMethod,
    nets: Networks,
    device: torch.device,
    samples: int = 6,
    rows: int = 12,
) -> Sheet:
    """Draw pairs with several codes: source, the likeliest, the truth's, random ones, truth.

    The truth's is left out where no encoder finds it.

    Args:
        pairs: what to draw; evenly chosen ``rows`` of them, a row each.
        method: with a latent code.
        nets: in evaluation mode.
        device: where to draw.
        samples: random codes, the same in every row.
        rows: at most so many.
    """
    places = evenly(len(pairs), rows)
    batch = pairs.batch(places).to(device)
    generator = torch.Generator().manual_seed(0)
    random = torch.randn(samples, method.z_size, generator=generator).to(device)
    codes = {"z = 0": [torch.zeros_like(random[:1]).expand(len(batch), -1)]}
    if method.encodes:
        codes["own z"] = [method.encode(nets, batch.target)]
    codes["random z"] = [z.expand(len(batch), -1) for z in random]
    every = [z for some in codes.values() for z in some]
    drawn = [to_pixels(method.draw(nets, batch, z)).squeeze(1).cpu().numpy() for z in every]
    source, truth = pairs.pixels(places)
    blocks = [(0, "source"), *((1 + place, name) for place, name in enumerate(codes))]
    return Sheet(
        [list(row) for row in zip(source, *drawn, truth, strict=True)],
        [pairs.style_names[style] for style in pairs.columns(places).style],
        column_groups=[*blocks, (1 + len(every), "truth")],
    )


def _fill_blocks(row: list[Images], width: int) -> list[Images | None]:
    """Give each of a row's three blocks ``width`` cells; a style may have fewer characters."""
    third = len(row) // 3
    gap: list[Images | None] = [None] * (width - third)
    return [*row[:third], *gap, *row[third : 2 * third], *gap, *row[2 * third :], *gap]
