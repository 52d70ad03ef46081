"""Residual blocks that normalise and activate before they convolve, and StarGAN v2 made of them."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.adain import AdaptiveNorm
from fontgan.nn.blocks import norm, same, takes_bias
from fontgan.nn.discriminators import Verdict
from fontgan.nn.init import kaiming

BOTTLENECK, LAST = 16, 4  # pixels of a side: a generator's smallest maps, a trunk's


class PreActivatedBlock(nn.Module):
    """Norm, LeakyReLU(.2) and 3 x 3 convolution, twice, beside a shortcut; their sum over sqrt 2.

    With ``halved`` means of 2 x 2 lie between the convolutions. Source: StarGAN v2 (Choi et al.
    2020, appendix). Norms leave no bias anything to do, not even those of the sums.

    Args:
        inputs: channels in, and between.
        outputs: channels out; where they differ, the shortcut is a 1 x 1 convolution.
        norm_kind: as for `fontgan.nn.blocks.norm`.
        halved: whether maps are halved.
    """

    def __init__(self, inputs: int, outputs: int, norm_kind: str, halved: bool = True) -> None:
        super().__init__()
        bias = takes_bias(norm_kind)
        self.norms = nn.ModuleList(norm(norm_kind, inputs) for _ in range(2))
        self.first, self.second = same(inputs, inputs, bias), same(inputs, outputs, bias)
        self.shortcut = _shortcut(inputs, outputs)
        self.halved = halved

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, C, H, W) into (B, C', H, W), or half of H and W."""
        y = self.first(F.leaky_relu(self.norms[0](x), 0.2))
        if self.halved:
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
        y = self.second(F.leaky_relu(self.norms[1](y), 0.2))
        return (self.shortcut(x) + y) / math.sqrt(2)  # type: ignore[no-any-return]


class StyledBlock(nn.Module):
    """Likewise, with norms that a style scales and shifts.

    With ``doubled`` every pixel becomes 2 x 2 before the first convolution.

    Args:
        inputs: channels in.
        outputs: channels out, and between.
        style_size: length of a style.
        doubled: whether maps are doubled.
    """

    def __init__(self, inputs: int, outputs: int, style_size: int, doubled: bool = True) -> None:
        super().__init__()
        self.norms = nn.ModuleList(
            AdaptiveNorm(channels, style_size) for channels in (inputs, outputs)
        )
        self.first, self.second = same(inputs, outputs, False), same(outputs, outputs, False)
        self.shortcut = _shortcut(inputs, outputs)
        self.doubled = doubled

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Turn (B, C, H, W) into (B, C', H, W), or twice H and W, in styles (B, D)."""
        y = F.leaky_relu(self.norms[0](x, style), 0.2)
        x = self.shortcut(x)
        if self.doubled:
            x, y = (F.interpolate(one, scale_factor=2.0) for one in (x, y))
        y = self.second(F.leaky_relu(self.norms[1](self.first(y), style), 0.2))
        return (x + y) / math.sqrt(2)  # type: ignore[no-any-return]


def _shortcut(inputs: int, outputs: int) -> nn.Module:
    return nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else nn.Identity()


def _widths(size: int, width: int, most: int, smallest: int) -> list[int]:
    """Return the channels of maps of S pixels down to ``smallest``, doubled up to ``most``."""
    return [min(width << level, max(width, most)) for level in range(_halvings(size, smallest) + 1)]


def _halvings(size: int, smallest: int) -> int:
    return int(math.log2(size // smallest))


class StyledGenerator(nn.Module):
    """Draw an image from an image in a style: halved down to 16 x 16 pixels, and doubled back.

    Source: StarGAN v2 (Choi et al. 2020, table 7), as its authors have it without masks.

    Args:
        size: image side S, a power of two of 16 or more.
        style_size: length of a style.
        width: channels at the size of the image; they double up to ``most``.
        most: channels of any level.
        images: channels of the image.
    """

    def __init__(
        self, size: int, style_size: int, width: int = 64, most: int = 512, images: int = 1
    ) -> None:
        super().__init__()
        widths = _widths(size, width, most, BOTTLENECK)
        deep, down = widths[-1], list(pairwise(widths))
        self.first = same(images, width, bias=False)
        self.encode = nn.ModuleList(PreActivatedBlock(i, o, "affine") for i, o in down)
        self.encode.extend(PreActivatedBlock(deep, deep, "affine", halved=False) for _ in range(2))
        self.decode = nn.ModuleList(
            StyledBlock(deep, deep, style_size, doubled=False) for _ in range(2)
        )
        self.decode.extend(StyledBlock(o, i, style_size) for i, o in reversed(down))
        self.norm = norm("affine", width)
        self.last = nn.Conv2d(width, images, 1)
        self.apply(kaiming)

    def forward(self, image: Tensor, style: Tensor) -> Tensor:
        """Draw (B, C, S, S) in [-1, 1] from images of that shape in styles (B, D)."""
        x = self.first(image)
        for block in self.encode:
            x = block(x)
        for block in self.decode:
            x = block(x, style)
        return torch.tanh(self.last(F.leaky_relu(self.norm(x), 0.2)))


class Trunk(nn.Module):
    """Read features of an image: blocks without norm down to 4 x 4 pixels, and one convolution.

    Source: StarGAN v2 (Choi et al. 2020, tables 9 and 10).

    Args:
        size: as for `StyledGenerator`.
        features: number F of features; 0 is as many as there are channels.
        width: likewise.
        most: likewise.
        images: likewise.
    """

    def __init__(
        self, size: int, features: int, width: int = 64, most: int = 512, images: int = 1
    ) -> None:
        super().__init__()
        widths = _widths(size, width, most, LAST)
        self.features = features or widths[-1]
        self.first = same(images, width)
        blocks = (PreActivatedBlock(i, o, "none") for i, o in pairwise(widths))
        self.blocks = nn.Sequential(*blocks)
        self.last = nn.Conv2d(widths[-1], self.features, LAST)

    def forward(self, image: Tensor) -> Tensor:
        """Read (B, F) from images (B, C, S, S)."""
        x = self.last(F.leaky_relu(self.blocks(self.first(image)), 0.2))
        return F.leaky_relu(x, 0.2).flatten(1)


class DomainDiscriminator(nn.Module):
    """Tell images of a domain from drawn ones: a logit for each of N domains, one of which counts.

    Args:
        trunk: what reads features.
        domains: N.
    """

    def __init__(self, trunk: Trunk, domains: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.heads = nn.Linear(trunk.features, domains)
        self.apply(kaiming)

    def forward(self, image: Tensor, domain: Tensor) -> list[Verdict]:
        """Tell of images (B, C, S, S) that should be of domains (B,)."""
        features = self.trunk(image)
        logits = self.heads(features).gather(1, domain[:, None])
        return [Verdict.of(logits, [features])]
