"""Layers whose weights are scaled as they are used, so that all learn equally fast; pixel norm."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

RELU = math.sqrt(2)  # gain of a layer before a (leaky) ReLU


class EqualisedConv2d(nn.Module):
    """A convolution of stride 1 and "same" padding, of weights from N(0, 1) that are scaled in use.

    The scale is He's constant, so all weights are about 1 and an optimiser that knows no scale
    moves all of them equally fast. Source: Karras et al. 2018 (PGGAN), section 4.1.

    Args:
        inputs: C.
        outputs: C'.
        kernel: side of the kernel.
        gain: of the layer.
        bias: whether it has one.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, gain: float = RELU, bias: bool = True
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = gain / math.sqrt(inputs * kernel**2)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (B, C, H, W)."""
        weight = self.weight * self.scale
        return F.conv2d(x, weight, self.bias, padding=weight.shape[-1] // 2)


class EqualisedLinear(nn.Module):
    """A dense layer, likewise.

    Args:
        inputs: D.
        outputs: D'.
        gain: of the layer.
        bias: whether it has one.
        slowness: how many times as slowly it learns, 1 or more: weights begin as much larger and
            are scaled as much smaller (StyleGAN's mapping network, Karras et al. 2019, appendix C).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        gain: float = RELU,
        bias: bool = True,
        slowness: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(slowness * torch.randn(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale, self.share = gain / (math.sqrt(inputs) * slowness), 1 / slowness

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, D) into (B, D')."""
        bias = None if self.bias is None else self.bias * self.share
        return F.linear(x, self.weight * self.scale, bias)


def pixel_norm(x: Tensor) -> Tensor:
    """Return x (B, C, ...) over the root of its mean square over the channels.

    Source: Karras et al. 2018, section 4.2.

    >>> [round(value, 3) for value in pixel_norm(torch.tensor([[3.0, 4.0]]))[0].tolist()]
    [0.849, 1.131]
    """
    return x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()


def with_deviation(x: Tensor, group: int = 4) -> Tensor:
    """Return maps (B, C, H, W) with one more: how far the images of a group differ, on the average.

    So a discriminator sees whether drawings are all alike. Source: Karras et al. 2018, section 3.

    Args:
        x: maps.
        group: images of a group, or fewer, where they do not divide the batch.

    >>> with_deviation(torch.tensor([0.0, 2.0]).view(2, 1, 1, 1))[:, 1].flatten().tolist()
    [1.0, 1.0]
    """
    count = math.gcd(len(x), group)
    grouped = x.unflatten(0, (count, -1))  # a process's share of a batch has groups whole
    variance = (grouped - grouped.mean(dim=0, keepdim=True)).square().mean(dim=0)
    deviation = (variance + 1e-8).sqrt().mean(dim=(1, 2, 3), keepdim=True)
    return torch.cat([x, deviation.repeat(count, 1, *x.shape[2:])], dim=1)


def blurred(x: Tensor) -> Tensor:
    """Return maps (B, C, H, W) blurred by 1 2 1 both ways, with zeros beyond the edge.

    Source: Karras et al. 2019, section 2, after Zhang 2019.

    >>> blurred(torch.ones(1, 1, 3, 3))[0, 0, 1].tolist()
    [0.75, 1.0, 0.75]
    """
    x = F.pad(x, (1, 1, 1, 1))
    x = (x[..., :-2] + 2 * x[..., 1:-1] + x[..., 2:]) / 4
    return (x[..., :-2, :] + 2 * x[..., 1:-1, :] + x[..., 2:, :]) / 4
