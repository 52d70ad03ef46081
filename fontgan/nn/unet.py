"""The U-Net of zi2zi and pix2pix, as an encoder and a decoder that can be trained apart."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import (
    Dropout,
    doubling,
    halving,
    norm,
    same,
    style_norm,
    takes_bias,
)
from fontgan.nn.style import Style


def unet_channels(size: int, width: int, max_width: int, full_width: int = 0) -> list[int]:
    """Return the channels of each encoder level, from S / 2 pixels down to 1 pixel.

    With ``full_width`` a level of S pixels stands before them.

    >>> unet_channels(64, 32, 128)
    [32, 64, 128, 128, 128, 128]
    >>> unet_channels(64, 32, 128, full_width=16)
    [16, 32, 64, 128, 128, 128, 128]
    """
    halved = [min(width * 2**level, max_width) for level in range(int(math.log2(size)))]
    return [full_width, *halved] if full_width else halved


class UNetEncoder(nn.Module):
    """Halve an image down to 1 x 1; return every level.

    Level 1 is a bare convolution, the others are LeakyReLU(.2), convolution, norm.

    Args:
        channels: of each level (see `unet_channels`).
        kernel: side of the convolution kernels.
        norm_kind: ``batch`` or ``instance``.
        full: whether the first level keeps the size of the image.
        images: channels of the input image.
        deepest: norm of the last level, if another one.
    """

    def __init__(
        self,
        channels: list[int],
        kernel: int = 5,
        norm_kind: str = "batch",
        full: bool = False,
        images: int = 1,
        deepest: str | None = None,
    ) -> None:
        super().__init__()
        self.convs = nn.ModuleList()
        self.norms = nn.ModuleList()
        for level, outputs in enumerate(channels):
            inputs = channels[level - 1] if level else images
            keeps = full and level == 0
            kind = _level_norm(norm_kind, level, len(channels))
            kind = deepest if deepest and level == len(channels) - 1 else kind
            self.convs.append(
                same(inputs, outputs)
                if keeps
                else halving(inputs, outputs, kernel, bias=takes_bias(kind))
            )
            self.norms.append(norm(kind, outputs))

    def forward(self, image: Tensor) -> list[Tensor]:
        """Encode (B, 1, S, S) into levels (B, C, S / 2, S / 2) ... (B, C, 1, 1)."""
        levels: list[Tensor] = []
        x = image
        for conv, normalise in zip(self.convs, self.norms, strict=True):
            x = normalise(conv(F.leaky_relu(x, 0.2) if levels else x))
            levels.append(x)
        return levels


class UNetDecoder(nn.Module):
    """Double the bottleneck back to an image, with a skip connection from every encoder level.

    A level is ReLU, transposed convolution, norm, dropout (on the first three), then the skip; the
    last is ReLU, transposed convolution, tanh. The style code joins the bottleneck; with
    ``norm_kind="conditional"`` the style also scales and shifts every level.

    Args:
        channels: of the encoder's levels.
        code_size: D of the style code.
        kernel: side of the kernels.
        norm_kind: ``batch``, ``instance`` or ``conditional``.
        dropout: probability on the three innermost levels.
        full: whether the encoder's first level has the size of the image.
        images: channels of the drawn image.
    """

    def __init__(
        self,
        channels: list[int],
        code_size: int,
        kernel: int = 5,
        norm_kind: str = "batch",
        dropout: float = 0.5,
        full: bool = False,
        images: int = 1,
    ) -> None:
        super().__init__()
        outputs = [*channels[-2::-1], images]
        inputs = [channels[-1] + code_size, *(2 * width for width in outputs[:-1])]
        self.widths = [channels[-1], *outputs[:-1]]  # of what comes first in a level's input
        self.ups = nn.ModuleList(
            doubling(i, o, kernel, bias=takes_bias(norm_kind))
            for i, o in zip(inputs[:-1], outputs[:-1], strict=True)
        )
        last = inputs[-1], outputs[-1]
        self.ups.append(same(*last) if full else doubling(*last, kernel))
        self.norms = nn.ModuleList(style_norm(norm_kind, width) for width in outputs[:-1])
        self.dropouts = nn.ModuleList(
            Dropout(dropout if level < 3 else 0.0) for level in range(len(outputs) - 1)
        )

    @staticmethod
    def modulated(channels: list[int]) -> list[int]:
        """Return the channels of each level that a conditional norm modulates."""
        return channels[-2::-1]

    def forward(self, levels: list[Tensor], style: Style) -> Tensor:
        """Decode encoder levels in a style into (B, 1, S, S) in [-1, 1]."""
        return self.draw(self.prepare(levels), style)

    def prepare(self, levels: list[Tensor]) -> list[Any]:
        """Return what no style changes, from which `draw` draws in one style after another."""
        return levels

    def draw(self, levels: list[Any], style: Style) -> Tensor:
        """Decode what `prepare` returned in a style, likewise."""
        x = torch.cat([levels[-1], style.code[..., None, None].to(levels[-1])], dim=1)
        for index, up in enumerate(self.ups[:-1]):
            modulation = style.norms[index] if style.norms else None
            x = self.norms[index](up(F.relu(x)), modulation)
            x = torch.cat([self.dropouts[index](x), levels[-2 - index]], dim=1)
        return torch.tanh(self.ups[-1](F.relu(x)))

    def parts(self, index: int) -> tuple[slice, slice]:
        """Return the input channels of a level that are the encoder's, and those that are drawn.

        The style code counts as drawn.
        """
        width = self.widths[index]
        first, second = slice(0, width), slice(width, None)
        return (first, second) if index == 0 else (second, first)


def _level_norm(kind: str, level: int, levels: int) -> str:
    if level == 0:
        return "none"
    # At 1 x 1 an instance norm would erase everything, and no norm lets the constant loss shrink
    # the code to nothing: normalise over the channels instead.
    return "layer" if kind == "instance" and level == levels - 1 else kind
