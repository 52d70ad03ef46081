"""Convolutions from or to one or two channels that train faster on a CPU; the same mathematics.

The first layer of a network reads an image, and the last one draws it. The library's convolutions
fill a register with channels, of which there are too few; a matrix product over kernel taps does
not. Values and gradients are equal but for rounding.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FEW = 2  # channels
MANY = 32  # channels drawn from few; with fewer, cutting out the patches costs what is saved


def trains(x: Tensor) -> bool:
    """Return whether a layer trains on a CPU, where its own way can beat the library's.

    Drawing alone, compiling and exporting are left to the library; half precision too, in which
    sums over taps would lose what is small.
    """
    reduced = torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling()
    return x.device.type == "cpu" and torch.is_grad_enabled() and not reduced


class ThinConv2d(nn.Conv2d):
    """A convolution with a square kernel, and a matrix product where channels are few.

    One thread, forward and backward: from 512 to 1 channel 3.7 times as fast, from 16 to 1 twice,
    from 1 to 64 1.9 to 3.6 times.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (B, C, H, W)."""
        kernel, stride, padding = self.kernel_size[0], self.stride[0], int(self.padding[0])
        sides = tuple(self.drawn(side) for side in x.shape[2:])
        if trains(x) and self.out_channels <= FEW and stride == 1:
            # What a place draws is what it is seen for, the other way round.
            weight = self.weight.flip(2, 3).transpose(0, 1)
            return spread(x, weight, self.bias, sides, 1, kernel - 1 - padding)
        if trains(x) and self.in_channels <= FEW and self.out_channels >= MANY:
            patches = F.unfold(x, kernel, padding=padding, stride=stride)
            drawn: Tensor = _product(self.weight.flatten(1), patches).unflatten(2, sides)
            return drawn if self.bias is None else drawn + self.bias[:, None, None]
        return super().forward(x)

    def drawn(self, side: int) -> int:
        """Return the side of what is drawn of a map."""
        return (side + 2 * int(self.padding[0]) - self.kernel_size[0]) // self.stride[0] + 1


class ThinConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution with a square kernel, likewise.

    From 128 to 1 channel 4 to 6 times as fast.
    """

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Convolve (B, C, H, W)."""
        if output_size is not None or self.out_channels > FEW or not trains(x):
            return super().forward(x, output_size)
        sides = tuple(self.drawn(side) for side in x.shape[2:])
        return spread(x, self.weight, self.bias, sides, self.stride[0], int(self.padding[0]))

    def drawn(self, side: int) -> int:
        """Return the side of what is drawn of a map."""
        beyond = self.kernel_size[0] - 2 * int(self.padding[0]) + self.output_padding[0]
        return (side - 1) * self.stride[0] + beyond


def spread(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    sides: tuple[int, ...],
    stride: int,
    padding: int,
) -> Tensor:
    """Draw a kernel (C, C', k, k) at every place of (B, C, H, W), and sum them up.

    That is a transposed convolution into ``sides``, quick where C' is small.
    """
    taps = _product(weight.flatten(1).T, x.flatten(2))  # (B, C' k^2, H W)
    drawn = F.fold(taps, sides, weight.shape[-1], padding=padding, stride=stride)
    return drawn if bias is None else drawn + bias[:, None, None]


def _product(matrix: Tensor, columns: Tensor) -> Tensor:
    # `matmul` would copy the columns of all images into one matrix, the other way round.
    return torch.bmm(matrix.expand(len(columns), -1, -1), columns)
