"""Small parts that several networks share: halving and doubling convolutions, norms, dropout."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.fast.layers import FastConv2d, FastConvTranspose2d


def halving(
    inputs: int, outputs: int, kernel: int, stride: int = 2, bias: bool = True
) -> nn.Conv2d:
    """Return a convolution (B, C, H, W) -> (B, C', H / stride, W / stride) with "same" padding."""
    return FastConv2d(inputs, outputs, kernel, stride, padding=(kernel - 1) // 2, bias=bias)


def same(inputs: int, outputs: int, bias: bool = True) -> nn.Conv2d:
    """Return a 3 x 3 convolution (B, C, H, W) -> (B, C', H, W)."""
    return FastConv2d(inputs, outputs, 3, padding=1, bias=bias)


def reflected(
    inputs: int, outputs: int, kernel: int, bias: bool = True, stride: int = 1
) -> nn.Sequential:
    """Return a convolution like those of `halving` that sees the image mirrored beyond its edge."""
    conv = FastConv2d(inputs, outputs, kernel, stride, bias=bias)
    return nn.Sequential(nn.ReflectionPad2d((kernel - 1) // 2), conv)


def doubling(inputs: int, outputs: int, kernel: int, bias: bool = True) -> nn.ConvTranspose2d:
    """Return a transposed convolution (B, C, H, W) -> (B, C', 2 H, 2 W)."""
    return FastConvTranspose2d(
        inputs,
        outputs,
        kernel,
        stride=2,
        padding=(kernel - 1) // 2,
        output_padding=kernel % 2,
        bias=bias,
    )


def takes_bias(norm_kind: str) -> bool:
    """Return whether a convolution before a norm of a kind (see `norm`) has use for a bias.

    A norm over the places of each channel takes its mean away, and a bias with it. The bias's
    gradient would be rounding alone, and Adam makes whole steps of that: trained on another
    processor, a network would be another.

    >>> takes_bias("none"), takes_bias("layer"), takes_bias("batch"), takes_bias("conditional")
    (True, True, False, False)
    """
    return norm_kind not in ("batch", "instance", "affine", "conditional")


def norm(kind: str, channels: int) -> nn.Module:
    """Return the norm called ``batch``, ``instance``, ``affine``, ``layer`` or ``none``.

    Only ``batch``, ``affine``, an instance norm that is scaled and shifted, and ``affine layer``,
    a layer norm likewise, learn.
    """
    if kind == "batch":
        return nn.BatchNorm2d(channels)
    if kind == "affine":
        return nn.InstanceNorm2d(channels, affine=True)
    if kind in ("layer", "affine layer"):
        return nn.GroupNorm(1, channels, affine=kind == "affine layer")
    return nn.InstanceNorm2d(channels) if kind == "instance" else nn.Identity()


def joined(x: Tensor, code: Tensor) -> Tensor:
    """Return maps (B, C, H, W) with codes (B, D) spread over the plane behind them.

    >>> joined(torch.zeros(1, 2, 2, 2), torch.ones(1, 1)).sum(dim=(2, 3)).tolist()
    [[0.0, 0.0, 4.0]]
    """
    plane = code.to(x)[..., None, None].expand(-1, -1, *x.shape[2:])
    return torch.cat([x, plane], dim=1)


def at_least_float(x: Tensor) -> Tensor:
    """Return a tensor in single precision, or in the double precision that it is in."""
    return x if x.dtype == torch.float64 else x.float()


class ConditionalNorm(nn.Module):
    """Instance norm whose scale and shift come with the style.

    Source: Dumoulin et al. 2017, equation 5.
    """

    def forward(self, x: Tensor, modulation: Tensor | None) -> Tensor:
        """Normalise (B, C, H, W) and apply modulation (B, C, 2), scale first, if there is any."""
        if modulation is None:
            return F.instance_norm(x)
        scale, shift = modulation[..., 0, None, None], modulation[..., 1, None, None]
        return F.instance_norm(x) * scale + shift


class PlainNorm(nn.Module):
    """A norm of `norm` in the place of a `ConditionalNorm`: it ignores the style."""

    def __init__(self, kind: str, channels: int) -> None:
        super().__init__()
        self.norm = norm(kind, channels)

    def forward(self, x: Tensor, modulation: Tensor | None) -> Tensor:  # noqa: ARG002
        """Normalise (B, C, H, W)."""
        return self.norm(x)  # type: ignore[no-any-return]


def style_norm(kind: str, channels: int) -> nn.Module:
    """Return a `ConditionalNorm` if it is called ``conditional``, else that `PlainNorm`."""
    return ConditionalNorm() if kind == "conditional" else PlainNorm(kind, channels)


class Dropout(nn.Module):
    """Dropout that can also draw outside training, from an explicit generator (see `noise`)."""

    def __init__(self, probability: float) -> None:
        super().__init__()
        self.probability = probability
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Drop values of (B, C, H, W); the identity outside training and outside `noise`."""
        if not self.probability:
            return x
        if self.generator is None:
            return F.dropout(x, self.probability, self.training)
        draws = torch.rand(x.shape, generator=self.generator, device=self.generator.device)
        keep = (draws >= self.probability).to(x)
        return x * keep / (1 - self.probability)


@contextmanager
def noise(network: nn.Module, generator: torch.Generator | None) -> Iterator[None]:
    """Let every `Dropout` of a network draw from the generator; None changes nothing."""
    layers = [module for module in network.modules() if isinstance(module, Dropout)]
    for layer in layers:
        layer.generator = generator
    try:
        yield
    finally:
        for layer in layers:
            layer.generator = None


@contextmanager
def frozen(*networks: nn.Module) -> Iterator[None]:
    """Let gradients pass through networks and not reach their weights, which then cost nothing.

    >>> layer = nn.Linear(1, 1)
    >>> x = torch.ones(1, 1, requires_grad=True)
    >>> with frozen(layer):
    ...     layer(x).sum().backward()
    >>> layer.weight.grad is None, x.grad is None, layer.weight.requires_grad
    (True, False, True)
    """
    weights = [weight for net in networks for weight in net.parameters() if weight.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)


@torch.no_grad()
def clamp_weights(network: nn.Module, largest: float) -> None:
    """Bring every weight into [-largest, largest], those of norms too.

    Source: WGAN (Arjovsky et al. 2017, algorithm 1, line 7).

    >>> layer = nn.Linear(1, 1)
    >>> nn.init.ones_(layer.weight).item()
    1.0
    >>> clamp_weights(layer, 0.25)
    >>> layer.weight.item()
    0.25
    """
    for weight in network.parameters():
        weight.clamp_(-largest, largest)
