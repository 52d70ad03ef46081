"""Adaptive instance norm: styles are codes, of which dense layers read scale and shift."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from fontgan.nn.blocks import ConditionalNorm


class AdaptiveNorm(nn.Module):
    """Instance norm, scaled by 1 + s and shifted by t, which a dense layer of its own reads.

    Source: Karras et al. 2019 (StyleGAN), equation 1, after Huang and Belongie 2017, equation 8.

    Args:
        channels: C.
        code_size: D.
    """

    def __init__(self, channels: int, code_size: int) -> None:
        super().__init__()
        self.normalise = ConditionalNorm()
        self.affine = nn.Linear(code_size, 2 * channels)

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        """Normalise (B, C, H, W) in the style of codes (B, D)."""
        scale, shift = self.affine(code).chunk(2, dim=1)
        return self.normalise(x, torch.stack([1 + scale, shift], dim=2))  # type: ignore[no-any-return]


class ModulationMLP(nn.Module):
    """Read scale and shift of all norms of a network from a code, by one network of dense layers.

    ReLU behind all layers but the last. What it returns is for `ConditionalNorm`.
    Source: Huang et al. 2018 (MUNIT), section 5.1.

    Args:
        code_size: D.
        modulated: channels of every norm.
        width: units of the inner layers.
        layers: number of layers, the last one included.
    """

    def __init__(
        self, code_size: int, modulated: Sequence[int], width: int = 256, layers: int = 3
    ) -> None:
        super().__init__()
        self.modulated = tuple(modulated)
        units = [code_size, *[width] * (layers - 1), 2 * sum(self.modulated)]
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in pairwise(units))

    def forward(self, code: Tensor) -> tuple[Tensor, ...]:
        """Read (B, C, 2), scale and shift, of every norm from codes (B, D)."""
        x = code
        for layer in self.layers[:-1]:
            x = torch.relu(layer(x))
        numbers: Tensor = self.layers[-1](x)
        norms: tuple[Tensor, ...] = numbers.unflatten(1, (-1, 2)).split(self.modulated, dim=1)
        return norms
