"""A discriminator of patches without norms, at several scales of the image."""

from __future__ import annotations

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import reflected
from fontgan.nn.discriminators import Verdict


class BarePatchDiscriminator(nn.Module):
    """Tell patches apart: 4 x 4 convolutions that halve, LeakyReLU, and a 1 x 1 one to a logit.

    They see the image mirrored beyond its edge, and no norm hides how dark it is.
    Source: UNIT (Liu et al. 2017) and MUNIT (Huang et al. 2018, appendix B.1).

    Args:
        width: channels of the first layer; they double at each.
        layers: that halve the image.
        slope: of LeakyReLU below 0.
        images: channels of the image that is shown.
        projected: N of a discriminator that sees the style asked for, or 0
            (Miyato and Koyama 2018, equation 4).
    """

    def __init__(
        self, width: int, layers: int, slope: float = 0.2, images: int = 1, projected: int = 0
    ) -> None:
        super().__init__()
        self.slope = slope
        widths = [images, *(width * 2**level for level in range(layers))]
        self.convs = nn.ModuleList(reflected(i, o, 4, stride=2) for i, o in pairwise(widths))
        self.real = nn.Conv2d(widths[-1], 1, 1)
        self.projection = nn.Linear(projected, widths[-1], bias=False) if projected else None

    def forward(self, image: Tensor, style: Tensor | None = None) -> Verdict:
        """Tell of (B, C, S, S) images, in sight of the styles (B,) asked for if ``projected``."""
        features, x = [], image
        for conv in self.convs:
            x = F.leaky_relu(conv(x), self.slope)
            features.append(x)
        logits = self.real(x)
        if self.projection is not None and style is not None:
            wanted = self.projection.weight.T[style][..., None, None]
            logits = logits + (wanted * x).mean(dim=(1, 2, 3), keepdim=True)
        return Verdict.of(logits, features)


class ScaledDiscriminator(nn.Module):
    """Discriminators of patches, all of one width, of the image and of ever smaller copies of it.

    A smaller copy is a 3 x 3 mean of stride 2 that leaves the padding out. Source: as
    `BarePatchDiscriminator`, whose arguments the others are.

    Args:
        width: channels of each one's first layer.
        layers: that halve, in each.
        scales: number of discriminators.
        slope: of LeakyReLU.
        images: channels of the image.
        projected: N, or 0.
    """

    def __init__(
        self,
        width: int = 64,
        layers: int = 4,
        scales: int = 3,
        slope: float = 0.2,
        images: int = 1,
        projected: int = 0,
    ) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            BarePatchDiscriminator(width, layers, slope, images, projected) for _ in range(scales)
        )

    @staticmethod
    def smallest_size(layers: int, scales: int) -> int:
        """Return the smallest image side that can be halved so often.

        >>> ScaledDiscriminator.smallest_size(layers=4, scales=3)
        64
        """
        return 1 << (layers + scales - 1)

    def forward(self, image: Tensor, style: Tensor | None = None) -> list[Verdict]:
        """Tell of (B, C, S, S) images at every scale, the largest first."""
        verdicts = [self.scales[0](image, style)]
        for smaller in self.scales[1:]:
            image = F.avg_pool2d(image, 3, stride=2, padding=1, count_include_pad=False)
            verdicts.append(smaller(image, style))
        return verdicts
