"""Convolutions all the way between an image and a code, as in DCGAN: grown from it, read to it."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import doubling, halving, norm, takes_bias
from fontgan.nn.discriminators import Verdict

SMALLEST = 4  # pixels of a side, of the first map and of the last
_MOST, _FACTOR = 1 << 31, 1_327_217_885  # an odd number, the other over 1.618


def deep_channels(size: int, width: int) -> list[int]:
    """Return the channels of the maps of S / 2 pixels down to 4: each twice those before.

    >>> deep_channels(64, 64)
    [64, 128, 256, 512]
    """
    return [width * 2**level for level in range(int(math.log2(size // SMALLEST)))]


def char_codes(char: Tensor, length: int) -> Tensor:
    """Return a code (B, length) in [-1, 1) for every code point (B,), always the same.

    As a table of fixed random codes would be, but of all characters there are: remainders of
    multiples (Knuth, The Art of Computer Programming, volume 3, section 6.4).

    >>> import torch
    >>> [round(value, 3) for value in char_codes(torch.tensor([65]), 3)[0].tolist()]
    [-0.656, 0.075, -0.014]
    """
    powers = [pow(_FACTOR, number, _MOST) for number in range(1, length + 1)]
    factors = torch.tensor(powers, dtype=torch.long, device=char.device)
    hashed: Tensor = char[:, None] * factors % _MOST
    return 2 * hashed / _MOST - 1


class DeepDecoder(nn.Module):
    """Grow codes to images: a map of 4 x 4 pixels, doubled until it has the size of the image.

    Transposed 4 x 4 convolutions, norm and ReLU behind each, and tanh behind the last.
    Source: Radford et al. 2016, figure 1.

    Args:
        code_size: length of the code.
        channels: of the maps, from the largest, S / 2 pixels, to the smallest (`deep_channels`).
        norm_kind: as for `fontgan.nn.blocks.norm`.
        images: channels of the image.
    """

    def __init__(
        self, code_size: int, channels: list[int], norm_kind: str = "batch", images: int = 1
    ) -> None:
        super().__init__()
        widths, bias = channels[::-1], takes_bias(norm_kind)
        self.first = nn.ConvTranspose2d(code_size, widths[0], SMALLEST, bias=bias)
        self.ups = nn.ModuleList(doubling(i, o, 4, bias=bias) for i, o in pairwise(widths))
        self.norms = nn.ModuleList(norm(norm_kind, width) for width in widths)
        self.last = doubling(widths[-1], images, 4)

    def forward(self, code: Tensor) -> Tensor:
        """Draw (B, C, S, S) in [-1, 1] from codes (B, D)."""
        x = code[..., None, None]
        for layer, normalise in zip((self.first, *self.ups), self.norms, strict=True):
            x = F.relu(normalise(layer(x)))
        return torch.tanh(self.last(x))


class DeepEncoder(nn.Module):
    """Read images: halved until 4 x 4 pixels are left.

    4 x 4 convolutions of stride 2, LeakyReLU(.2), norm but on the first.
    Source: as `DeepDecoder`.

    Args:
        channels: of the maps (`deep_channels`).
        outputs: numbers that are read; 0 leaves the last layer out.
        norm_kind: as for `fontgan.nn.blocks.norm`.
        images: channels of the image.
    """

    def __init__(
        self, channels: list[int], outputs: int, norm_kind: str = "batch", images: int = 1
    ) -> None:
        super().__init__()
        kinds = ["none", *[norm_kind] * (len(channels) - 1)]
        levels = zip([images, *channels[:-1]], channels, kinds, strict=True)
        self.convs = nn.ModuleList(halving(i, o, 4, bias=takes_bias(kind)) for i, o, kind in levels)
        self.norms = nn.ModuleList(
            norm(kind, width) for kind, width in zip(kinds, channels, strict=True)
        )
        self.last = nn.Conv2d(channels[-1], outputs, SMALLEST)

    def forward(self, image: Tensor) -> Tensor:
        """Read (B, outputs) from images (B, C, S, S)."""
        return self.read(self.levels(image)[-1])

    def levels(self, image: Tensor) -> list[Tensor]:
        """Return the maps (B, C, S / 2, S / 2) ... (B, C, 4, 4) of images."""
        found, x = [], image
        for conv, normalise in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu(normalise(conv(x)), 0.2)
            found.append(x)
        return found

    def read(self, smallest: Tensor) -> Tensor:
        """Read (B, outputs) from the smallest maps (B, C, 4, 4)."""
        return self.last(smallest).flatten(1)  # type: ignore[no-any-return]


class DeepDiscriminator(DeepEncoder):
    """Tell real images from drawn ones, in sight of what they should show: one verdict.

    A `DeepEncoder` to one logit, to which styles and characters add their products with the means
    of the smallest map, each channel weighed. Source: Miyato and Koyama 2018, equation 4.

    Args:
        channels: as for `DeepEncoder`.
        styles: number N of styles that may be asked for; with 1 there is nothing to see.
        char_code: length of a character's code, or 0.
        norm_kind: as for `DeepEncoder`.
        images: likewise.
    """

    def __init__(
        self,
        channels: list[int],
        styles: int = 1,
        char_code: int = 0,
        norm_kind: str = "batch",
        images: int = 1,
    ) -> None:
        super().__init__(channels, 1, norm_kind, images)
        wide = channels[-1]
        self.styles = nn.Linear(styles, wide, bias=False) if styles > 1 else None
        self.chars = nn.Linear(char_code, wide, bias=False) if char_code else None

    def forward(self, image: Tensor, style: Tensor, char: Tensor) -> list[Verdict]:  # type: ignore[override]
        """Tell of images (B, C, S, S) that should show characters by their codes in styles (B,)."""
        features = self.levels(image)
        logits, means = self.read(features[-1]), features[-1].mean(dim=(2, 3))
        if self.styles is not None:
            logits = logits + (self.styles.weight.T[style] * means).sum(dim=1, keepdim=True)
        if self.chars is not None:
            logits = logits + (self.chars(char.to(means)) * means).sum(dim=1, keepdim=True)
        return [Verdict.of(logits, features)]
