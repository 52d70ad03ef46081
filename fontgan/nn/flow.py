"""A U-Net decoder that moves what the encoder saw to where the style wants it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.attention import Attention
from fontgan.nn.blocks import ConditionalNorm, at_least_float, doubling, same
from fontgan.nn.style import Style

THINKING_SIDE = 16  # places a side at which attention and residual blocks work
Looks = Literal["none", "self", "cross"]


def warp(image: Tensor, flow: Tensor) -> Tensor:
    """Move an image: every pixel shows what lies ``flow`` away from it.

    Source: spatial transformers (Jaderberg et al. 2015, equation 5), with a dense flow.

    Args:
        image: (B, C, H, W).
        flow: (B, 2, H, W), right and down, in sides of the image; what leaves the image is its
            nearest edge.

    >>> image = torch.arange(4.0).view(1, 1, 1, 4).expand(1, 1, 4, 4)
    >>> right = torch.zeros(1, 2, 4, 4)
    >>> right[:, 0] = 0.25  # a quarter of four pixels
    >>> warp(image, right)[0, 0, 0].tolist()
    [1.0, 2.0, 3.0, 3.0]
    """
    height, width = image.shape[2:]
    flow = at_least_float(flow)  # places in bf16 are half a pixel off at 256 px
    rows = (torch.arange(height, device=image.device, dtype=flow.dtype) + 0.5) / height
    columns = (torch.arange(width, device=image.device, dtype=flow.dtype) + 0.5) / width
    where = torch.stack([columns.expand(height, width), rows[:, None].expand(height, width)])
    grid = (2 * (where + flow) - 1).permute(0, 2, 3, 1)
    moved = F.grid_sample(image.to(flow.dtype), grid, padding_mode="border", align_corners=False)
    return moved.to(image.dtype)


class FlowDecoder(nn.Module):
    """Double the bottleneck back to an image; the finest skips and the source are moved first.

    A level is ReLU, doubling, conditional norm, then the skip, as in zi2zi's decoder. From level
    ``first`` on a flow is known: a 3 x 3 convolution reads it off what is drawn so far, every finer
    level up to the last but one adds a correction, and the skips are warped by it. The last level
    also sees the warped source. All flows start at zero, a plain U-Net. At 16 x 16 places the
    drawing can be thought over: attention, then residual blocks that see the skip.

    Args:
        channels: of the encoder's levels, the first of which has the size of the image.
        code_size: D of the style code.
        levels: how many of the finest skips are warped; with 0 nothing is.
        reach: longest flow of one correction, as a share of the image side.
        kernel: side of the transposed kernels.
        resized: double by repeating pixels and a 3 x 3 convolution instead
            (Odena et al. 2016, Deconvolution and Checkerboard Artifacts).
        blocks: residual blocks at 16 x 16 (He et al. 2016).
        attention: what a place at 16 x 16 looks at: ``none``, ``self`` the drawing so far, or
            ``cross`` the encoder's level.
    """

    def __init__(
        self,
        channels: list[int],
        code_size: int,
        levels: int = 2,
        reach: float = 0.15,
        kernel: int = 4,
        *,
        resized: bool = False,
        blocks: int = 0,
        attention: Looks = "none",
    ) -> None:
        super().__init__()
        self.reach = reach
        outputs = channels[-2::-1]
        inputs = [channels[-1] + code_size, *(2 * width for width in outputs[:-1])]
        self.ups = nn.ModuleList(
            _Resized(i, o) if resized else doubling(i, o, kernel, bias=False)
            for i, o in zip(inputs, outputs, strict=True)
        )
        self.norms = nn.ModuleList(ConditionalNorm() for _ in outputs)
        self.first = len(outputs) - levels
        self.flows = nn.ModuleList(same(width, 2) for width in outputs[self.first :])
        self.last = same(2 * outputs[-1] + 1, 1)
        # Level n doubles to 2 ** (n + 1) places; a small image has its finest level thought over.
        self.thinks = min(int(math.log2(THINKING_SIDE)) - 1, len(outputs) - 1)
        width, side = outputs[self.thinks], 2 << self.thinks
        self.attention = attention
        heads = math.gcd(width, 4)
        self.look = Attention(width, width, side, heads) if attention != "none" else None
        self.blocks = nn.ModuleList(_Block(width) for _ in range(blocks))
        self.modulated = [*outputs, *[width] * blocks]

    def start(self) -> None:
        """Let every flow begin at zero; to be called after the weights are drawn."""
        for weight in self.flows.parameters():
            nn.init.zeros_(weight)

    def forward(self, source: Tensor, levels: list[Tensor], style: Style) -> tuple[Tensor, Tensor]:
        """Decode encoder levels in a style; one without norms says nothing but its code.

        Returns:
            The drawing (B, 1, S, S) in [-1, 1] and the flow (B, 2, S, S), in sides of the image.
        """
        norms: Sequence[Tensor | None] = style.norms or [None] * len(self.modulated)
        x = torch.cat([levels[-1], style.code[..., None, None].to(levels[-1])], dim=1)
        flow: Tensor | None = None
        for index, up in enumerate(self.ups):
            x = self.norms[index](up(F.relu(x)), norms[index])
            skip = levels[-2 - index]
            if index == self.thinks:
                x = self._think(x, skip, norms[len(self.ups) :])
            if index >= self.first:
                flow = self._correct(flow, self.flows[index - self.first](F.relu(x)))
                skip = warp(skip, flow)
            x = torch.cat([x, skip], dim=1)
        if flow is None:
            flow = source.new_zeros(len(source), 2, *source.shape[2:])
        else:
            source = warp(source, flow)
        return torch.tanh(self.last(torch.cat([F.relu(x), source], dim=1))), flow

    def _think(self, x: Tensor, skip: Tensor, norms: Sequence[Tensor | None]) -> Tensor:
        if self.look is not None:
            x = self.look(x, skip if self.attention == "cross" else x)
        for block, modulation in zip(self.blocks, norms, strict=True):
            x = block(x, skip, modulation)
        return x

    def _correct(self, flow: Tensor | None, found: Tensor) -> Tensor:
        found = self.reach * torch.tanh(at_least_float(found))
        if flow is None:
            return found
        return F.interpolate(flow, scale_factor=2, mode="bilinear") + found


class _Resized(nn.Module):
    """Double a map by repeating its pixels, then convolve 3 x 3, without a bias."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = same(inputs, outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, C, H, W) into (B, C', 2 H, 2 W)."""
        return self.conv(F.interpolate(x, scale_factor=2))  # type: ignore[no-any-return]


class _Block(nn.Module):
    """A residual block that sees a skip, with one conditional norm between its convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.see = same(2 * width, width, bias=False)
        self.norm = ConditionalNorm()
        self.add = same(width, width)

    def forward(self, x: Tensor, skip: Tensor, modulation: Tensor | None) -> Tensor:
        """Turn maps (B, C, H, W) into one of the same shape."""
        seen = self.see(F.relu(torch.cat([x, skip], dim=1)))
        return x + self.add(F.relu(self.norm(seen, modulation)))  # type: ignore[no-any-return]
