"""Discriminators: networks that tell real images from drawn ones, each by a list of verdicts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import halving, norm, takes_bias


@dataclass(frozen=True)
class Verdict:
    """What a discriminator says of a batch, at one scale or by one head.

    Attributes:
        logits: (B, 1, H, W), one a patch, or (B, 1); high where it is real.
        features: what each layer before found, from shallow to deep, each (B, C, H, W).
        style: (B, N) style logits; N may be 0.
    """

    logits: Tensor
    features: tuple[Tensor, ...]
    style: Tensor

    @classmethod
    def of(cls, logits: Tensor, features: Iterable[Tensor] = ()) -> Verdict:
        """Return what a discriminator says that names no styles."""
        return cls(logits, tuple(features), logits.new_zeros(len(logits), 0))


class PatchDiscriminator(nn.Module):
    """Tell overlapping patches apart: with three halvings, 70 x 70 pixels each.

    4 x 4 convolutions: ``layers`` that halve, one of stride 1, one of stride 1 to a single channel;
    LeakyReLU(.2) between, norm on all but the first and the last. Style logits come from the
    largest value of each of the deepest features: their means say little after an instance norm
    (three hands in 250 steps: cross-entropy .31 against .59, where chance is .64).
    Source: Isola et al. 2017, section 6.1.2, as BicycleGAN's authors have it.

    Args:
        width: channels of the first layer; they double up to eightfold.
        layers: that halve the image.
        styles: N, or 0 for one that does not name styles.
        images: channels of the image that is shown.
        norm_kind: as for `fontgan.nn.blocks.norm`.
        projected: N of a discriminator that sees the style asked for, or 0
            (Miyato and Koyama 2018, equation 4).
    """

    def __init__(
        self,
        width: int,
        layers: int = 3,
        styles: int = 0,
        images: int = 1,
        norm_kind: str = "instance",
        projected: int = 0,
    ) -> None:
        super().__init__()
        widths = [images, *(width * min(2**level, 8) for level in range(layers + 1))]
        kinds = ["none", *[norm_kind] * layers]
        self.convs = nn.ModuleList(
            halving(
                widths[level],
                widths[level + 1],
                4,
                stride=2 if level < layers else 1,
                bias=takes_bias(kind),
            )
            for level, kind in enumerate(kinds)
        )
        self.norms = nn.ModuleList(
            norm(kind, outputs) for kind, outputs in zip(kinds, widths[1:], strict=True)
        )
        self.real = halving(widths[-1], 1, 4, stride=1)
        self.style = nn.Linear(widths[-1], styles) if styles else None
        self.projection = nn.Linear(projected, widths[-1], bias=False) if projected else None

    def forward(self, image: Tensor, target_style: Tensor | None = None) -> Verdict:
        """Tell of (B, C, S, S) images, in sight of the styles (B,) asked for if ``projected``."""
        features = []
        x = image
        for conv, normalise in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu(normalise(conv(x)), 0.2)
            features.append(x)
        style = self.style(x.amax(dim=(2, 3))) if self.style else x.new_zeros(len(x), 0)
        logits = self.real(x)
        if self.projection is not None and target_style is not None:
            wanted = self.projection.weight.T[target_style][..., None, None]
            logits = logits + (wanted * x).mean(dim=(1, 2, 3), keepdim=True)
        return Verdict(logits, tuple(features), style)


class MultiScaleDiscriminator(nn.Module):
    """Patch discriminators on the image and on ever smaller copies of it, each of half the width.

    A smaller copy is a 3 x 3 mean of stride 2 that leaves the padding out.

    Args:
        width: channels of the first one's first layer.
        layers: that halve, in each.
        scales: number of discriminators.
        styles: as for `PatchDiscriminator`.
        images: channels of the image that is shown.
        projected: as for `PatchDiscriminator`.
        norm_kind: likewise.
    """

    def __init__(
        self,
        width: int = 64,
        layers: int = 3,
        scales: int = 2,
        styles: int = 0,
        images: int = 1,
        projected: int = 0,
        norm_kind: str = "instance",
    ) -> None:
        super().__init__()
        self.critics = nn.ModuleList(  # its name in checkpoints
            PatchDiscriminator(max(1, width >> scale), layers, styles, images, norm_kind, projected)
            for scale in range(scales)
        )

    @staticmethod
    def smallest_size(layers: int, scales: int) -> int:
        """Return the smallest image side that leaves every norm more than one pixel.

        >>> MultiScaleDiscriminator.smallest_size(layers=3, scales=2)
        64
        """
        return 4 << (layers + scales - 1)

    def forward(self, image: Tensor, target_style: Tensor | None = None) -> list[Verdict]:
        """Tell of (B, C, S, S) images at every scale, the largest first."""
        verdicts = [self.critics[0](image, target_style)]
        for smaller in self.critics[1:]:
            image = F.avg_pool2d(image, 3, stride=2, padding=1, count_include_pad=False)
            verdicts.append(smaller(image, target_style))
        return verdicts


class DenseDiscriminator(nn.Module):
    """Tell a whole image, shown beside its source, real or drawn, and name its style: one verdict.

    Three halving convolutions and one of stride 1 (5 x 5), LeakyReLU(.2), batch norm but on the
    first; two dense heads on all that is left, or the style's on its means in ``pool`` x ``pool``
    places. Source: zi2zi (Tian 2017).

    Args:
        size: image side S.
        styles: N.
        width: channels of the first layer; they double at each.
        images: channels of the image that is shown.
        pool: side of the map that the style is named from, or 0 for all of it.
    """

    def __init__(
        self, size: int, styles: int, width: int = 64, images: int = 2, pool: int = 0
    ) -> None:
        super().__init__()
        self.pool = pool
        widths = [images, width, 2 * width, 4 * width, 8 * width]
        self.convs = nn.ModuleList(
            halving(
                widths[level],
                widths[level + 1],
                kernel=5,
                stride=1 if level == 3 else 2,
                bias=level == 0,  # norms follow the others
            )
            for level in range(4)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for channels in widths[2:])
        side = size // 8
        self.real = nn.Linear(8 * width * side**2, 1)
        self.style = nn.Linear(8 * width * (pool or side) ** 2, styles)

    def forward(self, image: Tensor) -> list[Verdict]:
        """Tell of (B, C, S, S) images: logits (B, 1), style logits (B, N)."""
        x = F.leaky_relu(self.convs[0](image), 0.2)
        features = [x]
        for conv, normalise in zip(self.convs[1:], self.norms, strict=True):
            x = F.leaky_relu(normalise(conv(x)), 0.2)
            features.append(x)
        seen = F.adaptive_avg_pool2d(x, self.pool) if self.pool else x
        return [Verdict(self.real(x.flatten(1)), tuple(features), self.style(seen.flatten(1)))]
