"""Glyphs split into what they show and an attribute that can be left out or given to another."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import doubling, halving


class Splitter(nn.Module):
    """Read maps of an image and split them: 4 x 4 convolutions of stride 2, LeakyReLU(.2).

    Batch norm but on the first. A quarter of the channels of the last maps are the attribute.
    Source: GeneGAN (Zhou et al. 2017), as its authors have it.

    Args:
        width: channels of the first convolution; they double twice.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attribute = width  # channels
        self.convs = nn.ModuleList(
            halving(i, o, 4, bias=i == 1)
            for i, o in ((1, width), (width, 2 * width), (2 * width, 4 * width))
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for channels in (2 * width, 4 * width))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Split (B, 1, S, S) into content (B, 3 C, S / 8, S / 8) and attribute (B, C, ...)."""
        x = F.leaky_relu(self.convs[0](image), 0.2)
        for conv, normalise in zip(self.convs[1:], self.norms, strict=True):
            x = F.leaky_relu(normalise(conv(x)), 0.2)
        return x[:, : -self.attribute], x[:, -self.attribute :]


class Joiner(nn.Module):
    """Draw content and an attribute: transposed 4 x 4 convolutions, batch norm, ReLU, tanh.

    Source: as `Splitter`.

    Args:
        width: as for `Splitter`.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            [
                doubling(4 * width, 4 * width, 4, bias=False),
                doubling(4 * width, 2 * width, 4, bias=False),
            ]
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for channels in (4 * width, 2 * width))
        self.last = doubling(2 * width, 1, 4)

    def forward(self, content: Tensor, attribute: Tensor) -> Tensor:
        """Draw (B, 1, S, S) in [-1, 1] from what `Splitter` returns."""
        x = torch.cat([content, attribute], dim=1)
        for conv, normalise in zip(self.convs, self.norms, strict=True):
            x = F.relu(normalise(conv(x)))
        return torch.tanh(self.last(x))
