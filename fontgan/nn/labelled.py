"""Networks that are told a label, or tell it: StarGAN's generator and discriminator."""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import PlainNorm, doubling, halving, joined
from fontgan.nn.discriminators import Verdict
from fontgan.nn.residual import ResidualGenerator


class LabelledGenerator(ResidualGenerator):
    """A `ResidualGenerator` that is told a label, spread over the plane and joined to the image.

    Nothing is mirrored at the edges, where labels would look otherwise than in the middle:
    convolutions see zeros beyond. Halvings and doublings are 4 x 4; norms are per image and
    trained; there are no biases.
    Source: StarGAN (Choi et al. 2018, table 4), as its authors have it.

    Args:
        labels: length of a label.
        width: as for `ResidualGenerator`.
        blocks: likewise.
        images: likewise.
    """

    def __init__(self, labels: int, width: int = 64, blocks: int = 6, images: int = 1) -> None:
        nn.Module.__init__(self)
        deep = 4 * width
        self.convs = nn.ModuleList(
            [
                halving(images + labels, width, 7, stride=1, bias=False),
                halving(width, 2 * width, 4, bias=False),
                halving(2 * width, deep, 4, bias=False),
                *(halving(deep, deep, 3, stride=1, bias=False) for _ in range(2 * blocks)),
                doubling(deep, 2 * width, 4, bias=False),
                doubling(2 * width, width, 4, bias=False),
            ]
        )
        widths = (width, 2 * width, *[deep] * (2 * blocks + 1), 2 * width, width)
        self.norms = nn.ModuleList(PlainNorm("affine", channels) for channels in widths)
        self.last = halving(width, images, 7, stride=1, bias=False)

    def forward(self, image: Tensor, label: Tensor) -> Tensor:  # type: ignore[override]
        """Draw (B, C, S, S) in [-1, 1] from images of that shape and labels (B, L)."""
        return super().forward(joined(image, label))


class LabellingDiscriminator(nn.Module):
    """Tell real images from drawn ones, and of which label they are: one verdict.

    4 x 4 convolutions of stride 2, each with twice the channels of the one before, LeakyReLU(.01),
    no norm; a 3 x 3 head that tells of patches, and one as large as what is left that names the
    label. Source: StarGAN (Choi et al. 2018, table 5).

    Args:
        size: image side S.
        labels: number L of labels.
        width: channels of the first layer.
        layers: that halve.
        images: channels of the image.
    """

    def __init__(
        self, size: int, labels: int, width: int = 64, layers: int = 6, images: int = 1
    ) -> None:
        super().__init__()
        widths = [images, *(width << layer for layer in range(layers))]
        self.convs = nn.ModuleList(halving(i, o, 4) for i, o in pairwise(widths))
        self.real = halving(widths[-1], 1, 3, stride=1, bias=False)
        self.label = nn.Conv2d(widths[-1], labels, size >> layers, bias=False)

    def forward(self, image: Tensor) -> list[Verdict]:
        """Tell of (B, C, S, S) images."""
        features, x = [], image
        for conv in self.convs:
            x = F.leaky_relu(conv(x), 0.01)
            features.append(x)
        return [Verdict(self.real(x), tuple(features), self.label(x).flatten(1))]
