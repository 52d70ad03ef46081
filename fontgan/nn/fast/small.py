"""Convolutions of maps of a few pixels as one matrix product; the same mathematics.

The innermost levels of a U-Net have wide weights and maps of 1 x 1 to 4 x 4. There kernel taps that
only ever meet padding can be left out: of a 5 x 5 kernel between 2 x 2 and 1 x 1 pixels 21 of 25.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def convolve(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int, side: int
) -> Tensor:
    """Convolve (B, C, H, H) with weights (C', C, k, k) into (B, C', side, side)."""
    kernel = weight.shape[-1]
    live = slice(max(0, padding - (side - 1) * stride), min(kernel, x.shape[-1] + padding))
    weight = weight[:, :, live, live]
    patches = F.unfold(x, weight.shape[-1], padding=padding - live.start, stride=stride)
    drawn = F.linear(patches.transpose(1, 2), weight.flatten(1), bias)  # (B, side^2, C')
    image: Tensor = drawn.transpose(1, 2).unflatten(2, (side, side))
    return image


def convolve_transposed(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: int, padding: int, side: int
) -> Tensor:
    """Convolve (B, C, H, H) with weights (C, C', k, k) into (B, C', side, side)."""
    kernel, small = weight.shape[-1], x.shape[-1]
    live = slice(max(0, padding - (small - 1) * stride), min(kernel, side + padding))
    weight = weight[:, :, live, live]
    taps = F.linear(x.flatten(2).transpose(1, 2), weight.flatten(1).T)  # (B, H^2, C' k^2)
    drawn = F.fold(
        taps.transpose(1, 2),
        (side, side),
        weight.shape[-1],
        padding=padding - live.start,
        stride=stride,
    )
    return drawn if bias is None else drawn + bias[:, None, None]
