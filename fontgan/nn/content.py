"""Content apart from style: an image is read to maps of what it shows, and drawn from these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.adain import ModulationMLP
from fontgan.nn.blocks import ConditionalNorm, norm, reflected

Activation = Callable[[], nn.Module]


class ResidualBlocks(nn.Module):
    """Blocks of two 3 x 3 convolutions beside a shortcut, each with an instance norm behind it.

    The norms may be scaled and shifted from outside. Source: as `ResidualGenerator`.

    Args:
        channels: C.
        blocks: how many.
        activation: between the two convolutions.

    Attributes:
        modulated: channels of every norm.
    """

    def __init__(self, channels: int, blocks: int, activation: Activation = nn.ReLU) -> None:
        super().__init__()
        self.modulated = (channels,) * (2 * blocks)
        self.convs = nn.ModuleList(
            reflected(channels, channels, 3, bias=False) for _ in self.modulated
        )
        self.activations = nn.ModuleList(activation() for _ in range(blocks))
        self.normalise = ConditionalNorm()

    def forward(self, x: Tensor, norms: Sequence[Tensor] = ()) -> Tensor:
        """Change (B, C, H, W), with (B, C, 2) for every one of ``modulated``, or none."""
        for block, activation in enumerate(self.activations):
            first, second = 2 * block, 2 * block + 1
            x = x + self._layer(second, activation(self._layer(first, x, norms)), norms)
        return x

    def _layer(self, number: int, x: Tensor, norms: Sequence[Tensor]) -> Tensor:
        return self.normalise(self.convs[number](x), norms[number] if norms else None)  # type: ignore[no-any-return]


class ContentEncoder(nn.Module):
    """Read what an image shows: a 7 x 7 convolution, two that halve and double, `ResidualBlocks`.

    Instance norm and activation behind each; all see the image mirrored beyond its edge.
    Source: UNIT (Liu et al. 2017) and MUNIT (Huang et al. 2018, appendix B.1).

    Args:
        width: channels of the first convolution.
        blocks: residual blocks.
        kernel: side of the convolutions that halve.
        activation: between layers.
        images: channels of the image.
    """

    def __init__(
        self,
        width: int = 64,
        blocks: int = 4,
        kernel: int = 4,
        activation: Activation = nn.ReLU,
        images: int = 1,
    ) -> None:
        super().__init__()
        halvings = (
            reflected(i, o, kernel, bias=False, stride=2)
            for i, o in pairwise((width, 2 * width, 4 * width))
        )
        self.convs = nn.ModuleList([reflected(images, width, 7, bias=False), *halvings])
        self.activations = nn.ModuleList(activation() for _ in self.convs)
        self.blocks = ResidualBlocks(4 * width, blocks, activation)

    def forward(self, image: Tensor) -> Tensor:
        """Read (B, 4 C, S / 4, S / 4) from images (B, 1, S, S)."""
        x = image
        for conv, activation in zip(self.convs, self.activations, strict=True):
            x = activation(F.instance_norm(conv(x)))
        return self.blocks(x)  # type: ignore[no-any-return]


class PooledEncoder(nn.Module):
    """Read a code from all of an image: convolutions without norms, and the mean over the plane.

    A 7 x 7 convolution, four 4 x 4 ones of stride 2 of which two double the channels, ReLU, all
    mirrored beyond the edge; a dense layer. An instance norm would take away what is read here:
    means and spreads. Source: the style encoder of MUNIT (Huang et al. 2018, appendix B.1).

    Args:
        width: channels of the first convolution.
        code_size: Z.
        images: channels of the image.
    """

    def __init__(self, width: int, code_size: int, images: int = 1) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width, 4 * width, 4 * width]
        halvings = (reflected(i, o, 4, stride=2) for i, o in pairwise(widths))
        self.convs = nn.ModuleList([reflected(images, width, 7), *halvings])
        self.last = nn.Linear(widths[-1], code_size)

    def forward(self, image: Tensor) -> Tensor:
        """Read (B, Z) from images (B, 1, S, S) of 16 pixels and up."""
        x = image
        for conv in self.convs:
            x = F.relu(conv(x))
        return self.last(x.mean(dim=(2, 3)))  # type: ignore[no-any-return]


class ContentDecoder(nn.Module):
    """Draw what a `ContentEncoder` has read: residual blocks, two doublings, a 7 x 7 convolution.

    A doubling repeats pixels and convolves them, 5 x 5, with a layer norm and ReLU behind it: an
    instance norm would take away what style has been put in before.
    Source: as `ContentEncoder`.

    Args:
        width: channels at the size of the image.
        blocks: residual blocks.
        images: channels of the image.

    Attributes:
        modulated: channels of every norm of the blocks, which may be scaled and shifted.
    """

    def __init__(self, width: int = 64, blocks: int = 4, images: int = 1) -> None:
        super().__init__()
        self.blocks = ResidualBlocks(4 * width, blocks)
        self.modulated = self.blocks.modulated
        widths = (4 * width, 2 * width, width)
        self.convs = nn.ModuleList(reflected(i, o, 5) for i, o in pairwise(widths))
        self.norms = nn.ModuleList(norm("affine layer", channels) for channels in widths[1:])
        self.last = reflected(width, images, 7)

    def forward(self, content: Tensor, norms: Sequence[Tensor] = ()) -> Tensor:
        """Draw (B, 1, S, S) in [-1, 1] from (B, 4 C, S / 4, S / 4); norms as `ResidualBlocks`."""
        x = self.blocks(content, norms)
        for conv, normalise in zip(self.convs, self.norms, strict=True):
            x = F.relu(normalise(conv(F.interpolate(x, scale_factor=2.0))))
        return torch.tanh(self.last(x))


class StyledDecoder(ContentDecoder):
    """A `ContentDecoder` whose blocks' norms a code decides, by a `ModulationMLP`.

    Args:
        width: as for `ContentDecoder`.
        blocks: likewise.
        code_size: D.
        units: width of the dense layers.
        images: as for `ContentDecoder`.
    """

    def __init__(
        self, width: int, blocks: int, code_size: int, units: int = 256, images: int = 1
    ) -> None:
        super().__init__(width, blocks, images)
        self.reads = ModulationMLP(code_size, self.modulated, units)

    def forward(self, content: Tensor, code: Tensor) -> Tensor:  # type: ignore[override]
        """Draw (B, 1, S, S) in [-1, 1] from content (B, 4 C, S / 4, S / 4) and codes (B, D)."""
        return super().forward(content, self.reads(code))
