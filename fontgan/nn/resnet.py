"""A residual encoder of an image into the mean and spread of a code."""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import at_least_float, halving, norm, same, takes_bias


class HalvingBlock(nn.Module):
    """Norm, LeakyReLU(.2) and 3 x 3 convolution, twice, then a mean of 2 x 2; beside a shortcut."""

    def __init__(self, inputs: int, outputs: int, norm_kind: str = "instance") -> None:
        super().__init__()
        self.normalise = norm(norm_kind, inputs)
        self.first = same(inputs, inputs, bias=takes_bias(norm_kind))
        self.second = same(inputs, outputs)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Halve (B, C, H, W) into (B, C', H / 2, W / 2)."""
        y = self.first(F.leaky_relu(self.normalise(x), 0.2))
        y = self.second(F.leaky_relu(self.normalise(y), 0.2))
        shortcut: Tensor = self.shortcut(F.avg_pool2d(x, 2))
        return F.avg_pool2d(y, 2) + shortcut


class ResNetEncoder(nn.Module):
    """Encode an image as a normal distribution over codes.

    A 4 x 4 convolution of stride 2, blocks down to 8 x 8 pixels (four at 256 px, two at 64 px),
    LeakyReLU(.2), the mean over the plane, two dense heads.
    Source: the ``resnet_256`` encoder of BicycleGAN's authors (Zhu et al. 2017, appendix).

    Args:
        size: image side S.
        code_size: Z.
        width: channels after the first convolution; block n has n + 1 times as many, at most four.
        images: channels of the image.
        blocks: how many there are, whatever the size; by default as above.
        norm_kind: as for `fontgan.nn.blocks.norm`.
    """

    def __init__(
        self,
        size: int,
        code_size: int,
        width: int = 64,
        images: int = 1,
        blocks: int | None = None,
        norm_kind: str = "instance",
    ) -> None:
        super().__init__()
        blocks = int(math.log2(size)) - 4 if blocks is None else blocks
        widths = [width * min(number + 1, 4) for number in range(blocks + 1)]
        self.stem = halving(images, width, 4)
        self.blocks = nn.Sequential(
            *(HalvingBlock(widths[n], widths[n + 1], norm_kind) for n in range(blocks))
        )
        self.mean = nn.Linear(widths[-1], code_size)
        self.log_variance = nn.Linear(widths[-1], code_size)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Encode (B, C, S, S) into mean and log variance, (B, Z) each, never in half precision."""
        x = F.leaky_relu(self.blocks(self.stem(image)), 0.2).mean(dim=(2, 3))
        return at_least_float(self.mean(x)), at_least_float(self.log_variance(x))
