"""Strokes of a pen, of many glyphs: put together into a batch, and taken apart again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F

from fontgan.data.batch import GlyphBatch, StrokeBatch
from fontgan.methods.base import PenStrokes
from fontgan.strokes.paths import Strokes


def each(batch: GlyphBatch) -> Iterator[GlyphBatch]:
    """Yield each glyph by itself, with as many strokes as it has."""
    strokes = batch.strokes
    for place, count in enumerate(strokes.mask.sum(dim=1).clamp(min=1).tolist()):
        one = slice(place, place + 1)
        yield replace(
            GlyphBatch.of_sources(batch.source[one], batch.target_style[one], batch.char[one]),
            strokes=StrokeBatch(strokes.points[one, :, :count], strokes.mask[one, :count]),
        )


def together(written: Sequence[PenStrokes]) -> PenStrokes:
    """Return the strokes of single glyphs as a batch."""
    most = max(one.mask.shape[1] for one in written)
    lacks = [most - one.mask.shape[1] for one in written]
    pairs = list(zip(written, lacks, strict=True))
    square = [F.pad(one.square, (0, 0, 0, lack)) for one, lack in pairs if one.square is not None]
    return PenStrokes(
        torch.cat([F.pad(one.points, (0, 0, 0, 0, 0, lack)) for one, lack in pairs]),
        torch.cat([F.pad(one.radii, (0, 0, 0, lack)) for one, lack in pairs]),
        torch.cat([F.pad(one.mask, (0, lack)) for one, lack in pairs]),
        torch.cat(square) if square else None,
    )


def apart(written: PenStrokes) -> list[Strokes]:
    """Return the strokes of each glyph by itself."""
    ends = [None] * len(written.mask) if written.square is None else written.square.cpu()
    every = zip(written.points.cpu(), written.radii.cpu(), written.mask.cpu(), ends, strict=True)
    return [
        Strokes(
            tuple(points[mask].float().numpy()),
            tuple(radii[mask].float().numpy()),
            square[mask].float().numpy() if square is not None and square.any() else None,
        )
        for points, radii, mask, square in every
    ]
