"""Convolutions that train faster on a CPU, each in the way that pays for it: chosen here, once.

Values and gradients are torch's but for rounding. Drawing alone, compiling, exporting and half
precision are left to torch; half precision because sums over taps would lose what is small.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from fontgan.nn.fast import small, thin, wide
from fontgan.nn.fast.winograd import tiles_of

Way = Literal["winograd", "small", "to few", "from few", "torch"]

# By Winograd: weights of a layer (transforming a narrower image costs what is saved), and tiles in
# a batch, per phase (with fewer, transforming the kernels does).
TILED_WEIGHTS, TILES = 1 << 19, 64
# As one matrix product: weights of a layer (with fewer there is nothing to gain), and pixels of the
# smaller map's side (above 8 it would be slower).
SMALL_WEIGHTS, SMALL_SIDE = 1 << 20, 4
# As a product over kernel taps: few channels, and how many are drawn from few (with fewer, cutting
# out the patches costs what is saved).
FEW, MANY = 2, 32


class FastConv2d(nn.Conv2d):
    """A convolution with a square kernel and equal padding on all sides."""

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (B, C, H, W)."""
        way, stride, padding = way_of(self, x), self.stride[0], int(self.padding[0])
        if way == "torch":
            return super().forward(x)
        if way == "winograd":
            return wide.convolve(x, self.weight, self.bias, stride, padding)
        sides = self.drawn(x.shape[2]), self.drawn(x.shape[3])
        if way == "small":
            return small.convolve(x, self.weight, self.bias, stride, padding, sides[1])
        if way == "to few":
            return thin.to_few(x, self.weight, self.bias, sides, padding)
        return thin.from_few(x, self.weight, self.bias, sides, stride, padding)

    def drawn(self, side: int) -> int:
        """Return the side of what is drawn of a map."""
        return (side + 2 * int(self.padding[0]) - self.kernel_size[0]) // self.stride[0] + 1


class FastConvTranspose2d(nn.ConvTranspose2d):
    """A transposed convolution, likewise."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Convolve (B, C, H, W)."""
        way, stride, padding = way_of(self, x), self.stride[0], int(self.padding[0])
        if way == "torch" or output_size is not None:
            return super().forward(x, output_size)
        sides = self.drawn(x.shape[2]), self.drawn(x.shape[3])
        if way == "winograd":
            return wide.convolve_transposed(x, self.weight, self.bias, stride, padding, sides[1])
        if way == "small":
            return small.convolve_transposed(x, self.weight, self.bias, stride, padding, sides[1])
        return thin.spread(x, self.weight, self.bias, sides, stride, padding)

    def drawn(self, side: int) -> int:
        """Return the side of what is drawn of a map."""
        beyond = self.kernel_size[0] - 2 * int(self.padding[0]) + self.output_padding[0]
        return (side - 1) * self.stride[0] + beyond


def way_of(layer: FastConv2d | FastConvTranspose2d, x: Tensor) -> Way:
    """Return the way in which a layer takes a batch (B, C, H, W)."""
    if not _trains(x):
        return "torch"
    if x.shape[-1] == x.shape[-2]:
        if _pays_in_tiles(layer, x):
            return "winograd"
        if _pays_as_one_product(layer, x):
            return "small"
    transposed = isinstance(layer, FastConvTranspose2d)
    if layer.out_channels <= FEW and (transposed or layer.stride[0] == 1):
        return "to few"
    if not transposed and layer.in_channels <= FEW and layer.out_channels >= MANY:
        return "from few"
    return "torch"


def _trains(x: Tensor) -> bool:
    reduced = torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling()
    return x.device.type == "cpu" and torch.is_grad_enabled() and not reduced


def _pays_in_tiles(layer: FastConv2d | FastConvTranspose2d, x: Tensor) -> bool:
    kernel, stride = layer.kernel_size[0], layer.stride[0]
    if x.dtype != torch.float32 or layer.weight.numel() < TILED_WEIGHTS or kernel <= 3:
        return False
    larger = x.shape[-1] if isinstance(layer, FastConv2d) else layer.drawn(x.shape[-1])
    tiles = tiles_of(larger, kernel, stride, int(layer.padding[0]))
    return len(x) * tiles**2 >= TILES * stride**2


def _pays_as_one_product(layer: FastConv2d | FastConvTranspose2d, x: Tensor) -> bool:
    if layer.kernel_size[0] == 3 and layer.stride[0] == 1:  # never measured
        return False
    smaller = layer.drawn(x.shape[-1]) if isinstance(layer, FastConv2d) else x.shape[-1]
    return smaller <= SMALL_SIDE and layer.weight.numel() >= SMALL_WEIGHTS
