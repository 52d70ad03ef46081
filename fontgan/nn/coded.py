"""A U-Net that is told a code at the image, or at every level on its way down."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import (
    ConditionalNorm,
    Dropout,
    doubling,
    halving,
    joined,
    norm,
    same,
    takes_bias,
)


class CodedUNet(nn.Module):
    """Draw an image from an image and a code, which is spread over the plane and joined to it.

    Down: LeakyReLU(.2) but at the image, 4 x 4 convolution of stride 2, instance norm but on the
    first and the last level. Up: ReLU, transposed convolution, instance norm, dropout, then the
    skip; the last is ReLU, transposed convolution, tanh. Norms learn nothing, but on the way up
    they may be scaled and shifted from outside.
    Source: ``G_Unet_add_all`` and ``G_Unet_add_input`` of BicycleGAN's authors.

    Args:
        channels: of each level on the way down (see `fontgan.nn.unet.unet_channels`).
        code_size: length of the code.
        everywhere: join the code to every level's input, not to the image alone.
        dropout: probability on the levels of the innermost width, but the innermost itself.
        full: whether the first level keeps the size of the image.
        images: channels of the image read and of the image drawn.
    """

    def __init__(
        self,
        channels: list[int],
        code_size: int,
        everywhere: bool = True,
        dropout: float = 0.0,
        full: bool = False,
        images: int = 1,
    ) -> None:
        super().__init__()
        self.everywhere = everywhere
        inputs = [
            width + (code_size if everywhere or not level else 0)
            for level, width in enumerate([images, *channels[:-1]])
        ]
        kinds = ["none", *["instance"] * (len(channels) - 2), "none"]
        self.downs = nn.ModuleList(
            halving(i, o, 4, bias=takes_bias(kind))
            for i, o, kind in zip(inputs, channels, kinds, strict=True)
        )
        self.down_norms = nn.ModuleList(
            norm(kind, width) for kind, width in zip(kinds, channels, strict=True)
        )
        outputs = [*channels[-2::-1], images]
        inputs = [channels[-1], *(2 * width for width in outputs[:-1])]
        self.ups = nn.ModuleList(
            doubling(i, o, 4, bias=False) for i, o in zip(inputs[:-1], outputs[:-1], strict=True)
        )
        last = inputs[-1], outputs[-1]
        self.ups.append(same(*last) if full else doubling(*last, 4))
        self.up_norms = nn.ModuleList(ConditionalNorm() for _ in outputs[:-1])
        self.dropouts = nn.ModuleList(
            Dropout(dropout if level and width == channels[-1] else 0.0)
            for level, width in enumerate(outputs[:-1])
        )
        if full:
            self.downs[0] = same(images + code_size, channels[0])

    def forward(self, image: Tensor, code: Tensor, norms: Sequence[Tensor] = ()) -> Tensor:
        """Draw (B, 1, S, S) in [-1, 1] from sources of that shape and codes (B, D).

        With ``norms``, (B, C, 2) for every level of `fontgan.nn.unet.UNetDecoder.modulated`, the
        norms on the way up are scaled and shifted by them.
        """
        levels = self._down(image, code)
        x = levels.pop()
        layers = zip(self.ups, self.up_norms, self.dropouts, reversed(levels), strict=False)
        for level, (up, normalise, drop, skip) in enumerate(layers):
            x = normalise(up(F.relu(x)), norms[level] if norms else None)
            x = torch.cat([drop(x), skip], dim=1)
        return torch.tanh(self.ups[-1](F.relu(x)))

    def _down(self, image: Tensor, code: Tensor) -> list[Tensor]:
        levels: list[Tensor] = []
        x = image
        for conv, normalise in zip(self.downs, self.down_norms, strict=True):
            if self.everywhere or not levels:
                x = joined(x, code)
            # The authors' LeakyReLU sees the joined code too.
            x = normalise(conv(F.leaky_relu(x, 0.2) if levels else x))
            levels.append(x)
        return levels
