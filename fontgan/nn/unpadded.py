"""Convolutions that see nothing beyond the image, as ALI has them: its three networks."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import Dropout, joined
from fontgan.nn.discriminators import Verdict

# Side of the image -> (kernel, stride, times the width) of the layers down to one pixel.
PLANS = {
    32: ((5, 1, 1), (4, 2, 2), (4, 1, 4), (4, 2, 8), (4, 1, 16)),
    64: ((2, 1, 1), (7, 2, 2), (5, 2, 4), (7, 2, 4), (4, 1, 8)),
}
MOMENTUM = 0.05  # of the statistics that batch norms keep
PAPER = 1.0  # where tanh starts: glyphs are mostly paper


def _batch_norm(channels: int, wanted: bool = True) -> nn.Module:
    return nn.BatchNorm2d(channels, momentum=MOMENTUM) if wanted else nn.Identity()


class UnpaddedReader(nn.Module):
    """Read an image down to one pixel: batch norm and LeakyReLU(.02) behind every convolution.

    Source: ALI (Dumoulin et al. 2017, table of CelebA; that of 32 px for its smaller images).

    Args:
        size: image side, one of ``PLANS``.
        width: channels of the first layer.
        first_norm: whether there is a norm behind the first convolution.
        dropout: probability in front of all but the first.
        images: channels of the image.

    Attributes:
        features: number F of features.
    """

    def __init__(
        self,
        size: int,
        width: int = 64,
        first_norm: bool = True,
        dropout: float = 0.0,
        images: int = 1,
    ) -> None:
        super().__init__()
        plan = PLANS[size]
        widths = [images, *(times * width for *_, times in plan)]
        normed = [first_norm, *[True] * (len(plan) - 1)]
        self.convs = nn.ModuleList(
            nn.Conv2d(i, o, kernel, stride, bias=not norm)
            for (i, o), (kernel, stride, _), norm in zip(
                pairwise(widths), plan, normed, strict=True
            )
        )
        pairs = zip(widths[1:], normed, strict=True)
        self.norms = nn.ModuleList(_batch_norm(channels, norm) for channels, norm in pairs)
        self.drops = nn.ModuleList(Dropout(dropout if level else 0.0) for level in range(len(plan)))
        self.features = widths[-1]

    def forward(self, image: Tensor) -> Tensor:
        """Read (B, F, 1, 1) from images (B, C, S, S)."""
        x = image
        for conv, norm, drop in zip(self.convs, self.norms, self.drops, strict=True):
            x = F.leaky_relu(norm(conv(drop(x))), 0.02)
        return x


class UnpaddedEncoder(UnpaddedReader):
    """Encode an image as a normal distribution over codes.

    Args:
        size: as for `UnpaddedReader`.
        code_size: Z.
        width: as for `UnpaddedReader`.
        images: likewise.
    """

    def __init__(self, size: int, code_size: int, width: int = 64, images: int = 1) -> None:
        super().__init__(size, width, images=images)
        self.last = nn.Conv2d(self.features, 2 * code_size, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return means and log variances, one behind the other: (B, 2 Z)."""
        return self.last(super().forward(image)).flatten(1)  # type: ignore[no-any-return]


class UnpaddedDecoder(nn.Module):
    """Grow codes to images: an `UnpaddedReader` backwards, a 1 x 1 convolution, and tanh.

    Args:
        size: as for `UnpaddedReader`.
        code_size: length of a code.
        width: as for `UnpaddedReader`.
        images: likewise.
    """

    def __init__(self, size: int, code_size: int, width: int = 64, images: int = 1) -> None:
        super().__init__()
        plan = PLANS[size][::-1]
        widths = [code_size, *(times * width for *_, times in plan)]
        self.ups = nn.ModuleList(
            nn.ConvTranspose2d(i, o, kernel, stride, bias=False)
            for (i, o), (kernel, stride, _) in zip(pairwise(widths), plan, strict=True)
        )
        self.norms = nn.ModuleList(_batch_norm(channels) for channels in widths[1:])
        self.last = nn.Conv2d(width, images, 1)

    def forward(self, code: Tensor) -> Tensor:
        """Draw (B, C, S, S) in [-1, 1] from codes (B, D)."""
        x = code[..., None, None]
        for up, norm in zip(self.ups, self.norms, strict=True):
            x = F.leaky_relu(norm(up(x)), 0.02)
        return torch.tanh(self.last(x) + PAPER)


class JointDiscriminator(nn.Module):
    """Tell images with the codes found in them from codes with the images drawn of them.

    Both are read apart and then together, in sight of a label: dense layers with LeakyReLU(.02).

    Args:
        size: as for `UnpaddedReader`.
        code_size: Z.
        labels: length of a label.
        width: channels of the first layer that sees the image; dense layers have 16 and 32 times
            as many.
        dropout: probability in front of every layer but that of the image.
        images: channels of the image.
    """

    def __init__(
        self,
        size: int,
        code_size: int,
        labels: int,
        width: int = 64,
        dropout: float = 0.2,
        images: int = 1,
    ) -> None:
        super().__init__()
        self.image = UnpaddedReader(size, width, False, dropout, images)
        self.code = _Dense([code_size, 16 * width, 16 * width], dropout)
        known = self.image.features + 16 * width + labels
        self.joint = _Dense([known, 32 * width, 32 * width], dropout)
        self.drop = Dropout(dropout)
        self.real = nn.Conv2d(32 * width, 1, 1)

    def forward(self, image: Tensor, code: Tensor, label: Tensor) -> list[Verdict]:
        """Tell of images (B, C, S, S) with codes (B, Z) in labels (B, L): one verdict."""
        seen = torch.cat([self.image(image), self.code(code[..., None, None])], dim=1)
        x = self.joint(joined(seen, label))
        logits = self.real(self.drop(x)).flatten(1)
        return [Verdict.of(logits, [x])]


class _Dense(nn.Module):
    """Dense layers, as 1 x 1 convolutions of one pixel, with dropout in front of each."""

    def __init__(self, widths: list[int], dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(i, o, 1) for i, o in pairwise(widths))
        self.drop = Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (B, C, 1, 1) into (B, C', 1, 1)."""
        for layer in self.layers:
            x = F.leaky_relu(layer(self.drop(x)), 0.02)
        return x
