"""A U-Net decoder that moves what the encoder saw to where the style wants it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import ConditionalNorm, doubling, same
from fontgan.nn.style import Style


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
    rows = (torch.arange(height, device=image.device, dtype=flow.dtype) + 0.5) / height
    columns = (torch.arange(width, device=image.device, dtype=flow.dtype) + 0.5) / width
    where = torch.stack([columns.expand(height, width), rows[:, None].expand(height, width)])
    grid = (2 * (where + flow) - 1).permute(0, 2, 3, 1)
    return F.grid_sample(image, grid.to(image.dtype), padding_mode="border", align_corners=False)


class FlowDecoder(nn.Module):
    """Double the bottleneck back to an image; the finest skips and the source are moved first.

    A level is ReLU, transposed convolution, conditional norm, then the skip, as in zi2zi's
    decoder. From level ``first`` on a flow is known: a 3 x 3 convolution reads it off what is
    drawn so far, every finer level up to the last but one adds a correction, and the skips are
    warped by it. The last level also sees the warped source. All flows start at zero, a plain
    U-Net.

    Args:
        channels: of the encoder's levels, the first of which has the size of the image.
        code_size: D of the style code.
        levels: how many of the finest skips are warped; at least 1.
        reach: longest flow of one correction, as a share of the image side.
        kernel: side of the transposed kernels.
    """

    def __init__(
        self,
        channels: list[int],
        code_size: int,
        levels: int = 2,
        reach: float = 0.15,
        kernel: int = 4,
    ) -> None:
        super().__init__()
        self.reach = reach
        outputs = channels[-2::-1]
        inputs = [channels[-1] + code_size, *(2 * width for width in outputs[:-1])]
        self.ups = nn.ModuleList(
            doubling(i, o, kernel) for i, o in zip(inputs, outputs, strict=True)
        )
        self.norms = nn.ModuleList(ConditionalNorm() for _ in outputs)
        self.first = len(outputs) - levels
        self.flows = nn.ModuleList(same(width, 2) for width in outputs[self.first :])
        self.last = same(2 * outputs[-1] + 1, 1)

    def start(self) -> None:
        """Let every flow begin at zero; to be called after the weights are drawn."""
        for weight in self.flows.parameters():
            nn.init.zeros_(weight)

    def forward(self, source: Tensor, levels: list[Tensor], style: Style) -> tuple[Tensor, Tensor]:
        """Decode encoder levels in a style.

        Returns:
            The drawing (B, 1, S, S) in [-1, 1] and the flow (B, 2, S, S), in sides of the image.
        """
        x = torch.cat([levels[-1], style.code[..., None, None].to(levels[-1])], dim=1)
        flow: Tensor | None = None
        for index, up in enumerate(self.ups):
            x = self.norms[index](up(F.relu(x)), style.norms[index])
            skip = levels[-2 - index]
            if index >= self.first:
                flow = self._correct(flow, self.flows[index - self.first](F.relu(x)))
                skip = warp(skip, flow)
            x = torch.cat([x, skip], dim=1)
        assert flow is not None
        x = torch.cat([F.relu(x), warp(source, flow)], dim=1)
        return torch.tanh(self.last(x)), flow

    def _correct(self, flow: Tensor | None, found: Tensor) -> Tensor:
        found = self.reach * torch.tanh(found)
        if flow is None:
            return found
        return F.interpolate(flow, scale_factor=2, mode="bilinear") + found
