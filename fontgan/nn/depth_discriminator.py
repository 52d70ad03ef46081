"""A discriminator of patches that says its mind at every depth, of an image sharp and blurred."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import halving
from fontgan.nn.discriminators import Verdict


class DepthDiscriminator(nn.Module):
    """Tell patches apart by what each layer but the first finds: coarse and fine at once.

    4 x 4 convolutions that halve, one of stride 1, one of stride 1 to a logit; instance norm but
    on the first, PReLU. Beside each that follows the first a convolution to a logit: the one more
    channel of the paper, here read before the norm, which would take its mean away.
    Source: ComboGAN (Anoosheh et al. 2018), as its authors have it.

    Args:
        width: channels of the first layer; they double up to eightfold.
        layers: that halve the image.
    """

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        widths = [1, *(width * min(2**level, 8) for level in range(layers + 1))]
        strides = [*[2] * layers, 1]
        self.convs = nn.ModuleList(
            halving(widths[level], widths[level + 1], 4, stride, bias=not level)
            for level, stride in enumerate(strides)
        )
        self.activations = nn.ModuleList(nn.PReLU() for _ in self.convs)
        self.reals = nn.ModuleList(
            halving(widths[level], 1, 4, stride)
            for level, stride in enumerate([*strides, 1])
            if level
        )

    @staticmethod
    def smallest_size(layers: int) -> int:
        """Return the smallest power of two that leaves every norm more than one pixel.

        >>> DepthDiscriminator.smallest_size(4)
        64
        """
        return 4 << layers

    def forward(self, image: Tensor) -> list[Verdict]:
        """Tell of (B, 1, S, S) images; the verdict of depth n stands n times in what is returned.

        So sums over verdicts weigh it by n, as the paper does.
        """
        x, verdicts = self.activations[0](self.convs[0](image)), []
        for depth, real in enumerate(self.reals, start=1):
            logits = real(x)
            verdicts += [Verdict.of(logits)] * depth
            if depth < len(self.convs):
                x = self.activations[depth](F.instance_norm(self.convs[depth](x)))
        return verdicts


class SharpAndBlurred(nn.Module):
    """Two `DepthDiscriminator`, of the image and of the image blurred (5 x 5, variance 1).

    Args:
        width: as for `DepthDiscriminator`.
        layers: likewise.
    """

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.sharp = DepthDiscriminator(width, layers)
        self.blurred = DepthDiscriminator(width, layers)

    def forward(self, image: Tensor) -> list[Verdict]:
        """Tell of (B, 1, S, S) images."""
        return [*self.sharp(image), *self.blurred(blurred(image))]


def blurred(image: Tensor) -> Tensor:
    """Return images (B, 1, S, S) convolved with a normal distribution of variance 1.

    >>> import torch
    >>> blurred(torch.ones(1, 1, 8, 8)).unique().allclose(torch.ones(1))
    True
    """
    line = torch.exp(-(torch.arange(-2.0, 3.0, device=image.device).to(image) ** 2) / 2)
    line = line / line.sum()
    padded = F.pad(image, (2, 2, 2, 2), mode="replicate")
    return F.conv2d(F.conv2d(padded, line.view(1, 1, 1, 5)), line.view(1, 1, 5, 1))
