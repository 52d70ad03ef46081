"""A U-Net around a dense code that draws its image at three sizes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import (
    doubling,
    halving,
    norm,
    same,
    style_norm,
    takes_bias,
)

SMALLEST = 8  # pixels of a side, around which the code lies
SIZES = 3  # that are drawn: S / 4, S / 2, S
MIDDLE = 3  # residual blocks more at the smallest map


def multiscale_channels(size: int, width: int) -> list[int]:
    """Return the channels of the maps of S, S / 2, ... 8 pixels.

    >>> multiscale_channels(128, 64)
    [64, 64, 128, 256, 512]
    """
    halvings = int(math.log2(size // SMALLEST))
    return [width, *(width << max(0, level) for level in range(halvings))]


class PlainResidual(nn.Module):
    """Two 3 x 3 convolutions with norms beside a shortcut; LeakyReLU(.2) between and behind."""

    def __init__(self, width: int, norm_kind: str) -> None:
        super().__init__()
        bias = takes_bias(norm_kind)
        self.convs = nn.ModuleList(same(width, width, bias=bias) for _ in range(2))
        self.norms = nn.ModuleList(norm(norm_kind, width) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """Change (B, C, H, W)."""
        y = F.leaky_relu(self.norms[0](self.convs[0](x)), 0.2)
        return F.leaky_relu(self.norms[1](self.convs[1](y)) + x, 0.2)


class ResidualLevel(nn.Module):
    """A convolution, norm and LeakyReLU(.2), then a residual block."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, norm_kind: str) -> None:
        super().__init__()
        self.conv = halving(inputs, outputs, kernel, stride, bias=takes_bias(norm_kind))
        self.norm = norm(norm_kind, outputs)
        self.block = PlainResidual(outputs, norm_kind)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, C, H, W) into (B, C', H / stride, W / stride)."""
        return self.block(F.leaky_relu(self.norm(self.conv(x)), 0.2))  # type: ignore[no-any-return]


class MultiScaleGenerator(nn.Module):
    """Draw an image from an image and a code, small, half as large, and at its own size.

    Down to 8 x 8 pixels by convolutions with residual blocks; all of that becomes a dense code, the
    larger of each two of twice as many numbers (maxout); up again beside the maps on the way down,
    and beside the smaller drawing, enlarged. Source: the global path of TP-GAN's authors (Huang et
    al. 2017, section 3.1.1), whose likes CAPG-GAN has (Hu et al. 2018, section 3.1).

    Args:
        size: image side S.
        width: channels at the image's size (`multiscale_channels`).
        features: numbers in the dense code.
        code_size: numbers that are joined to them.
        images: channels of the image read.
        joined: channels that others add before the last layers.
        norm_kind: as for `fontgan.nn.blocks.norm`, or ``conditional`` on the way up.

    Attributes:
        modulated: channels of every norm on the way up, in order.
    """

    def __init__(
        self,
        size: int,
        width: int = 64,
        features: int = 256,
        code_size: int = 0,
        images: int = 1,
        joined: int = 0,
        norm_kind: str = "batch",
    ) -> None:
        super().__init__()
        widths = multiscale_channels(size, width)
        plain = "affine" if norm_kind == "conditional" else norm_kind
        kernels = [7, 5, *[3] * (len(widths) - 2)]
        self.downs = nn.ModuleList(
            ResidualLevel(i, o, kernel, 2 if level else 1, plain)
            for level, (i, o, kernel) in enumerate(
                zip([images, *widths[:-1]], widths, kernels, strict=True)
            )
        )
        deep = widths[-1]
        self.middle = nn.Sequential(*(PlainResidual(deep, plain) for _ in range(MIDDLE)))
        self.dense = nn.Linear(deep * SMALLEST**2, 2 * features)
        self.spread = nn.Linear(features + code_size, width * SMALLEST**2)
        outputs = widths[::-1]
        self.first_head = len(outputs) - SIZES
        fused = [
            (outputs[level - 1] if level else width) + outputs[level] + self._enlarged(level)
            for level in range(len(outputs))
        ]
        fused[-1] += joined
        bias = takes_bias(norm_kind)
        self.ups = nn.ModuleList(doubling(o, o, 3, bias=bias) for o in outputs[:-1])
        self.fuses = nn.ModuleList(
            same(i, o, bias=bias) for i, o in zip(fused, outputs, strict=True)
        )
        self.heads = nn.ModuleList(same(o, 1) for o in outputs[self.first_head :])
        self.modulated = (*outputs[:-1], *outputs)
        self.norms = nn.ModuleList(style_norm(norm_kind, channels) for channels in self.modulated)

    def forward(
        self,
        image: Tensor,
        code: Tensor,
        norms: Sequence[Tensor] = (),
        joined: Tensor | None = None,
    ) -> list[Tensor]:
        """Draw (B, 1, S / 4, S / 4), ... (B, 1, S, S) in [-1, 1].

        Args:
            image: (B, C, S, S).
            code: (B, D), joined to what is found in the image.
            norms: (B, C, 2) for every one of ``modulated``, scale and shift; or none.
            joined: (B, J, S, S), if the network has a place for it.
        """
        levels = []
        x = image
        for down in self.downs:
            x = down(x)
            levels.append(x)
        x = self._code(self.middle(x), code)
        drawn: list[Tensor] = []
        last = len(levels) - 1
        for level, skip in enumerate(reversed(levels)):
            if level:
                x = self._normed(level - 1, self.ups[level - 1](x), norms)
            parts = [x, skip, *([F.interpolate(drawn[-1], scale_factor=2.0)] if drawn else [])]
            if level == last and joined is not None:
                parts.append(joined)
            x = self._normed(last + level, self.fuses[level](torch.cat(parts, dim=1)), norms)
            if level >= self.first_head:
                drawn.append(torch.tanh(self.heads[level - self.first_head](x)))
        return drawn

    def _enlarged(self, level: int) -> int:
        return 1 if level > self.first_head else 0

    def _code(self, deepest: Tensor, code: Tensor) -> Tensor:
        found = self.dense(deepest.flatten(1)).unflatten(1, (-1, 2)).amax(dim=2)
        if int(code.shape[1]):
            found = torch.cat([found, code.to(found)], dim=1)
        spread = F.leaky_relu(self.spread(found), 0.2)
        return spread.unflatten(1, (-1, SMALLEST, SMALLEST))  # type: ignore[no-any-return]

    def _normed(self, number: int, x: Tensor, norms: Sequence[Tensor]) -> Tensor:
        modulation = norms[number] if norms else None
        return F.leaky_relu(self.norms[number](x, modulation), 0.2)
