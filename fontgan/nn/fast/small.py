"""Convolutions that train faster on a CPU where maps are a few pixels wide; the same mathematics.

The innermost levels of a U-Net have wide weights and maps of 1 x 1 to 4 x 4. There a convolution is
one matrix product, and kernel taps that only ever meet padding can be left out: of a 5 x 5 kernel
between 2 x 2 and 1 x 1 pixels 21 of 25. Values and gradients are equal but for rounding.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from fontgan.nn.fast.thin import ThinConv2d, ThinConvTranspose2d, trains

LARGEST = 4  # pixels of the smaller map's side; above 8 it would be slower
WIDE = 1 << 20  # weights of a layer; with fewer there is nothing to gain


class SmallConv2d(ThinConv2d):
    """A convolution with equal sides, and a matrix product where its output is small."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (B, C, H, H)."""
        kernel, stride, padding = self.kernel_size[0], self.stride[0], int(self.padding[0])
        side = self.drawn(x.shape[-1])
        if side > LARGEST or not _pays(x, self.weight):
            return super().forward(x)
        live = slice(max(0, padding - (side - 1) * stride), min(kernel, x.shape[-1] + padding))
        weight = self.weight[:, :, live, live]
        patches = F.unfold(x, weight.shape[-1], padding=padding - live.start, stride=stride)
        drawn = F.linear(patches.transpose(1, 2), weight.flatten(1), self.bias)  # (B, side^2, C')
        image: Tensor = drawn.transpose(1, 2).unflatten(2, (side, side))
        return image


class SmallConvTranspose2d(ThinConvTranspose2d):
    """A transposed convolution with equal sides, and a matrix product where its input is small."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Convolve (B, C, H, H)."""
        kernel, stride, padding = self.kernel_size[0], self.stride[0], int(self.padding[0])
        small = x.shape[-1]
        if small > LARGEST or output_size is not None or not _pays(x, self.weight):
            return super().forward(x, output_size)
        side = self.drawn(small)
        live = slice(max(0, padding - (small - 1) * stride), min(kernel, side + padding))
        weight = self.weight[:, :, live, live]
        taps = F.linear(x.flatten(2).transpose(1, 2), weight.flatten(1).T)  # (B, H^2, C' k^2)
        drawn = F.fold(
            taps.transpose(1, 2),
            (side, side),
            weight.shape[-1],
            padding=padding - live.start,
            stride=stride,
        )
        return drawn if self.bias is None else drawn + self.bias[:, None, None]


def _pays(x: Tensor, weight: Tensor) -> bool:
    return trains(x) and weight.numel() >= WIDE and x.shape[-1] == x.shape[-2]
