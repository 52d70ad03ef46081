"""A generator of residual blocks: an image halved twice, changed block by block, doubled back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import ConditionalNorm, doubling, halving, reflected


class ResidualGenerator(nn.Module):
    """Draw an image from an image; instance norms, which may be scaled and shifted from outside.

    A 7 x 7 convolution, two 3 x 3 ones of stride 2 that double the channels, blocks of two 3 x 3
    ones beside a shortcut, two transposed 3 x 3 ones, a 7 x 7 one and tanh; norm and ReLU behind
    each, but no ReLU at the end of a block. All of stride 1 see the image mirrored beyond its edge.
    Source: Johnson et al. 2016, as CycleGAN's authors have it (Zhu et al. 2017, section 7.2).

    Args:
        width: channels at the size of the image.
        blocks: residual blocks.
        images: channels of the image read and of the image drawn.

    Attributes:
        modulated: channels of every norm, in order.
    """

    def __init__(self, width: int = 64, blocks: int = 9, images: int = 1) -> None:
        super().__init__()
        deep = 4 * width
        self.convs = nn.ModuleList(
            [
                reflected(images, width, 7, bias=False),
                halving(width, 2 * width, 3, bias=False),
                halving(2 * width, deep, 3, bias=False),
                *(reflected(deep, deep, 3, bias=False) for _ in range(2 * blocks)),
                doubling(deep, 2 * width, 3, bias=False),
                doubling(2 * width, width, 3, bias=False),
            ]
        )
        self.modulated = (width, 2 * width, *[deep] * (2 * blocks + 1), 2 * width, width)
        self.norms = nn.ModuleList(ConditionalNorm() for _ in self.modulated)
        self.last: nn.Module = reflected(width, images, 7)

    def forward(self, image: Tensor, norms: Sequence[Tensor] = ()) -> Tensor:
        """Draw (B, C, S, S) in [-1, 1] from images of that shape.

        Args:
            image: what is drawn from.
            norms: (B, C, 2) for every one of ``modulated``, scale and shift; or none.
        """
        x, last = image, len(self.convs) - 2
        for level in range(3):
            x = F.relu(self._layer(level, x, norms))
        for level in range(3, last, 2):
            x = x + self._layer(level + 1, F.relu(self._layer(level, x, norms)), norms)
        for level in range(last, len(self.convs)):
            x = F.relu(self._layer(level, x, norms))
        return torch.tanh(self.last(x))

    def _layer(self, level: int, x: Tensor, norms: Sequence[Tensor]) -> Tensor:
        modulation = norms[level] if norms else None
        return self.norms[level](self.convs[level](x), modulation)  # type: ignore[no-any-return]
