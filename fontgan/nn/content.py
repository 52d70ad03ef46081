"""Content apart from style: an image is read to maps of what it shows, and drawn from these."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.adain import ModulationMLP
from fontgan.nn.blocks import ConditionalNorm, doubling, halving, joined, norm, reflected

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
        bare: leave out the first norm, and let LeakyReLU(.01) follow (Lee et al. 2018).
        images: channels of the image.
    """

    def __init__(
        self,
        width: int = 64,
        blocks: int = 4,
        kernel: int = 4,
        activation: Activation = nn.ReLU,
        bare: bool = False,
        images: int = 1,
    ) -> None:
        super().__init__()
        self.bare = bare
        halvings = (
            reflected(i, o, kernel, bias=False, stride=2)
            for i, o in pairwise((width, 2 * width, 4 * width))
        )
        self.convs = nn.ModuleList([reflected(images, width, 7, bias=bare), *halvings])
        first = nn.LeakyReLU() if bare else activation()
        self.activations = nn.ModuleList([first, *(activation() for _ in range(2))])
        self.blocks = ResidualBlocks(4 * width, blocks, activation)

    def forward(self, image: Tensor) -> Tensor:
        """Read (B, 4 C, S / 4, S / 4) from images (B, 1, S, S)."""
        x = image
        for level, (conv, activation) in enumerate(zip(self.convs, self.activations, strict=True)):
            x = conv(x) if self.bare and not level else F.instance_norm(conv(x))
            x = activation(x)
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


class DoublingDecoder(nn.Module):
    """Draw what a `ContentEncoder` has read: residual blocks, two transposed 4 x 4 convolutions.

    Instance norm and activation behind these, a 7 x 7 convolution and tanh at the end.
    Source: ComboGAN (Anoosheh et al. 2018), as its authors have it.

    Args:
        width: channels at the size of the image.
        blocks: residual blocks.
        activation: between layers.
        images: channels of the image.
    """

    def __init__(
        self, width: int, blocks: int, activation: Activation = nn.ReLU, images: int = 1
    ) -> None:
        super().__init__()
        self.blocks = ResidualBlocks(4 * width, blocks, activation)
        widths = (4 * width, 2 * width, width)
        self.convs = nn.ModuleList(doubling(i, o, 4, bias=False) for i, o in pairwise(widths))
        self.activations = nn.ModuleList(activation() for _ in self.convs)
        self.last = reflected(width, images, 7)

    def forward(self, content: Tensor) -> Tensor:
        """Draw (B, 1, S, S) in [-1, 1] from (B, 4 C, S / 4, S / 4)."""
        x = self.blocks(content)
        for conv, activation in zip(self.convs, self.activations, strict=True):
            x = activation(F.instance_norm(conv(x)))
        return torch.tanh(self.last(x))


class JoinedDecoder(nn.Module):
    """Draw content with a code that is joined to the maps before every step.

    Residual blocks, two transposed 3 x 3 convolutions, each with a layer norm and ReLU behind it, a
    1 x 1 one and tanh. Source: DRIT (Lee et al. 2018), as its authors' code has it by default.

    Args:
        width: channels of the content are four times as many.
        blocks: residual blocks.
        code_size: D.
        images: channels of the image.
    """

    def __init__(self, width: int, blocks: int, code_size: int, images: int = 1) -> None:
        super().__init__()
        wide = 4 * width + code_size
        self.blocks = ResidualBlocks(wide, blocks)
        inner, outer = (wide + code_size) // 2, ((wide + code_size) // 2 + code_size) // 2
        self.convs = nn.ModuleList(
            [doubling(wide + code_size, inner, 3), doubling(inner + code_size, outer, 3)]
        )
        self.norms = nn.ModuleList(norm("affine layer", channels) for channels in (inner, outer))
        self.last = nn.Conv2d(outer + code_size, images, 1)

    def forward(self, content: Tensor, code: Tensor) -> Tensor:
        """Draw (B, 1, S, S) in [-1, 1] from content (B, 4 C, S / 4, S / 4) and codes (B, D)."""
        x = self.blocks(joined(content, code))
        for conv, normalise in zip(self.convs, self.norms, strict=True):
            x = F.relu(normalise(conv(joined(x, code))))
        return torch.tanh(self.last(joined(x, code)))


class ContentDiscriminator(nn.Module):
    """Tell of which side content was read: 7 x 7 convolutions that halve, a 4 x 4 one, a logit.

    LeakyReLU(.01) and no norms between. It halves until 4 pixels are left, three times at most.
    Source: DRIT (Lee et al. 2018).

    Args:
        side: of the maps of content.
        channels: of the maps, and of all layers.
    """

    def __init__(self, side: int, channels: int) -> None:
        super().__init__()
        halvings = min(3, int(math.log2(side)) - 2)
        self.convs = nn.ModuleList(halving(channels, channels, 7) for _ in range(halvings))
        self.convs.append(nn.Conv2d(channels, channels, 4))
        self.real = nn.Conv2d(channels, 1, 1)

    def forward(self, content: Tensor) -> Tensor:
        """Return logits (B, 1, H, W), high of written content (B, C, side, side)."""
        x = content
        for conv in self.convs:
            x = F.leaky_relu(conv(x))
        return self.real(x)  # type: ignore[no-any-return]
