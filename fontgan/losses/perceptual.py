"""A distance of glyphs as a reader sees them, through fontgan's own glyph network."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from fontgan.nn.eyes.reader import GlyphReader, load_reader, perceptual_distance


def perceptual(drawn: Tensor, target: Tensor) -> Tensor:
    """Return the mean glyph-LPIPS between two batches of glyphs.

    The network knows characters and hands, not pictures of things; its weights do not move.
    Source: Johnson et al. 2016, with the distance of Zhang et al. 2018, equation 1.

    Args:
        drawn: (B, 1, S, S) in [-1, 1].
        target: the same; it gets no gradient.

    >>> import torch
    >>> glyphs = torch.ones(2, 1, 32, 32)
    >>> perceptual(glyphs, glyphs).item()
    0.0
    """
    return distances(drawn, target).mean()


def distances(drawn: Tensor, target: Tensor) -> Tensor:
    """Return the glyph-LPIPS, (B,), of each of a batch of glyphs; `perceptual` is their mean."""
    reader = _reader(str(drawn.device))
    with torch.no_grad():
        wanted = reader.features(target)
    return perceptual_distance(reader.features(drawn), wanted)


@cache
def _reader(device: str) -> GlyphReader:
    return load_reader()[0].to(device).eval().requires_grad_(False)
