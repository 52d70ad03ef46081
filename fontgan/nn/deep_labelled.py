"""Deep networks that are told a label or find a code: IcGAN's discriminator and encoder."""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import halving, joined, norm, takes_bias
from fontgan.nn.deep import SMALLEST, DeepEncoder
from fontgan.nn.discriminators import Verdict


class LabelledDeepDiscriminator(DeepEncoder):
    """Tell real images from drawn ones, in sight of a label joined to the first maps: one verdict.

    Otherwise as DCGAN has it. Source: IcGAN (Perarnau et al. 2016, section 3.2).

    Args:
        channels: as for `DeepEncoder`; two or more.
        labels: length of a label.
        norm_kind: as for `DeepEncoder`.
        images: likewise.
    """

    def __init__(
        self, channels: list[int], labels: int, norm_kind: str = "batch", images: int = 1
    ) -> None:
        super().__init__(channels, 1, norm_kind, images)
        first, second = channels[:2]
        self.convs[1] = halving(first + labels, second, 4, bias=takes_bias(norm_kind))

    def forward(self, image: Tensor, label: Tensor) -> list[Verdict]:  # type: ignore[override]
        """Tell of images (B, C, S, S) that should be of labels (B, L)."""
        features, x = [], image
        for level, (conv, normalise) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = F.leaky_relu(normalise(conv(joined(x, label) if level == 1 else x)), 0.2)
            features.append(x)
        logits = self.read(x)
        return [Verdict.of(logits, features)]


class DenseEncoder(nn.Module):
    """Read a code of an image: halved until 4 x 4 pixels are left, and two dense layers.

    5 x 5 convolutions of stride 2, batch norm and ReLU, behind the first dense layer too.
    Source: IcGAN (Perarnau et al. 2016, table 1).

    Args:
        channels: of the maps, from the largest (`fontgan.nn.deep.deep_channels`).
        outputs: length of the code.
        dense: units of the first dense layer.
        images: channels of the image.
    """

    def __init__(self, channels: list[int], outputs: int, dense: int, images: int = 1) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            halving(i, o, 5, bias=False) for i, o in pairwise([images, *channels])
        )
        self.convs.append(nn.Conv2d(channels[-1], dense, SMALLEST, bias=False))
        self.norms = nn.ModuleList(norm("batch", width) for width in (*channels, dense))
        self.last = nn.Linear(dense, outputs)

    def forward(self, image: Tensor) -> Tensor:
        """Read codes (B, Z) of images (B, C, S, S)."""
        x = image
        for conv, normalise in zip(self.convs, self.norms, strict=True):
            x = F.relu(normalise(conv(x)))
        return self.last(x.flatten(1))  # type: ignore[no-any-return]
