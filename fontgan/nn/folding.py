"""Layers that only draw: batch norms merged into convolutions, joined inputs taken apart.

They hold weights of their own wherever these differ from the trained layers', and are not for
training. What they draw differs from what the trained ones draw by rounding alone.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

FEW = 4  # channels: drawing no more of them is quicker by a matrix product at every place


@torch.no_grad()
def folded(layer: nn.Module, norm: nn.Module) -> tuple[nn.Module, nn.Module]:
    """Return a new (transposed) convolution with the norm behind it, and what is left of that.

    In evaluation mode a batch norm is a scale and a shift per channel, so a convolution can do it
    (Jacob et al. 2018, section 3.2); other norms look at the glyph at hand and stay as they are.
    """
    if not isinstance(norm, nn.BatchNorm2d):
        return copy.deepcopy(layer), norm
    transposed = isinstance(layer, nn.ConvTranspose2d)
    return fuse_conv_bn_eval(layer, norm, transpose=transposed), nn.Identity()  # type: ignore[type-var]


class Part(nn.Module):
    """What a convolution does with some of its input channels.

    A convolution of joined inputs is the sum of such parts, one of which has the ``bias``.
    """

    def __init__(self, layer: nn.Module, channels: slice, *, bias: bool) -> None:
        super().__init__()
        assert isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)
        self.transposed = isinstance(layer, nn.ConvTranspose2d)
        weight = layer.weight[channels] if self.transposed else layer.weight[:, channels]
        self.weight = _fixed(weight)
        self.bias = _fixed(layer.bias) if bias and layer.bias is not None else None
        self.stride, self.padding = layer.stride[0], int(layer.padding[0])
        self.odd = layer.output_padding[0]

    def forward(self, x: Tensor) -> Tensor:
        """Convolve those channels (B, C, H, W)."""
        if self.transposed:
            return F.conv_transpose2d(
                x, self.weight, self.bias, self.stride, self.padding, self.odd
            )
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding)


def as_product(layer: nn.Module, side: int) -> nn.Module:
    """Return a layer of maps of one side as a matrix product, if that is quicker on a CPU."""
    if isinstance(layer, nn.Conv2d) and layer.stride == (2, 2) and side == 2:
        return _DenseHalving(layer)
    if isinstance(layer, Part) and layer.transposed and side == 1:
        return _DenseDoubling(layer)
    if isinstance(layer, Part) and layer.transposed and layer.weight.shape[1] <= FEW:
        return _FewDrawn(layer)
    return layer


class _DenseHalving(nn.Module):
    """A halving of 2 x 2 places in one matrix product, without the taps that meet padding only."""

    def __init__(self, layer: nn.Conv2d) -> None:
        super().__init__()
        live = slice(int(layer.padding[0]), int(layer.padding[0]) + 2)
        self.weight = _fixed(layer.weight[:, :, live, live].flatten(1))
        self.bias = layer.bias

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, C, 2, 2) into (B, C', 1, 1)."""
        return F.linear(x.flatten(1), self.weight, self.bias)[..., None, None]


class _DenseDoubling(nn.Module):
    """A doubling of one place in one matrix product, without the taps that meet padding only."""

    def __init__(self, layer: Part) -> None:
        super().__init__()
        live = slice(layer.padding, layer.padding + 2)
        self.weight = _fixed(layer.weight[:, :, live, live].flatten(1).T)
        self.bias = None if layer.bias is None else _fixed(layer.bias.repeat_interleave(4))

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, C, 1, 1) into (B, C', 2, 2)."""
        drawn: Tensor = F.linear(x.flatten(1), self.weight, self.bias).unflatten(1, (-1, 2, 2))
        return drawn


class _FewDrawn(nn.Module):
    """A doubling that draws few channels: one matrix product, whose taps are then summed up."""

    def __init__(self, layer: Part) -> None:
        super().__init__()
        self.weight = _fixed(layer.weight.flatten(1).T)
        self.bias = layer.bias
        self.kernel, self.stride, self.padding = layer.weight.shape[-1], 2, layer.padding

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, C, H, W) into (B, C', 2 H, 2 W)."""
        side = 2 * x.shape[-1]
        taps = torch.matmul(self.weight, x.flatten(2))  # (B, C' k^2, H W)
        drawn = F.fold(taps, (side, side), self.kernel, padding=self.padding, stride=self.stride)
        return drawn if self.bias is None else drawn + self.bias[:, None, None]


def _fixed(weight: Tensor) -> nn.Parameter:
    return nn.Parameter(weight.detach().clone().contiguous(), requires_grad=False)
