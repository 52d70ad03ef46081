"""A generator and a discriminator that grow, from images of 4 x 4 pixels to their full size."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.discriminators import Verdict
from fontgan.nn.equalised import (
    RELU,
    EqualisedConv2d,
    EqualisedLinear,
    blurred,
    pixel_norm,
    with_deviation,
)

SMALLEST = 4  # pixels of a side, at level 0


def grown_channels(size: int, width: int, most: int) -> list[int]:
    """Return the channels of the maps of 4, 8, ... S pixels: twice the width over the side.

    >>> grown_channels(1024, 8192, 512)
    [512, 512, 512, 512, 256, 128, 64, 32, 16]
    """
    sides = [SMALLEST << level for level in range(int(math.log2(size // SMALLEST)) + 1)]
    return [max(1, min(most, 2 * width // side)) for side in sides]


class Growing(nn.Module):
    """A generator that draws at the level that it has grown to.

    Level n has images of 4 * 2^n pixels. While a level fades in, its images are blended with the
    enlarged ones of the level before. Drawing goes by what training did last, which is a buffer.
    Source: Karras et al. 2018, section 2 and figure 2.
    """

    grown: Tensor  # level 2.3 has the share .3 of level 3

    def __init__(self, levels: int) -> None:
        super().__init__()
        self.register_buffer("grown", torch.tensor(float(levels - 1)))

    def stage(self, level: int | None, fade: Tensor | None) -> tuple[int, Tensor | None]:
        """Return level and share of it, and note them; without a level those noted last."""
        if level is None:
            grown = self.grown.item()
            level = math.ceil(grown)
            return level, None if level == grown else self.grown - (level - 1)
        self.grown.fill_(level) if fade is None else self.grown.copy_(fade + level - 1)
        return level, fade


def enlarged(x: Tensor) -> Tensor:
    """Return (B, C, 2 H, 2 W), every pixel repeated."""
    return F.interpolate(x, scale_factor=2.0)


class GrowingDecoder(Growing):
    """Grow codes to images, as PGGAN does.

    A dense layer to 4 x 4, a 3 x 3 convolution; then, a level each, an enlargement and two of them;
    LeakyReLU(.2) and pixel norm behind every one. Images are a 1 x 1 convolution of a level's maps.
    Source: Karras et al. 2018, table 2.

    Args:
        code_size: length of the code.
        channels: of the maps (`grown_channels`).
        images: channels of the image.
    """

    def __init__(self, code_size: int, channels: list[int], images: int = 1) -> None:
        super().__init__(len(channels))
        deep = channels[0]
        self.first = EqualisedLinear(code_size, deep * SMALLEST**2, RELU / 4, bias=False)
        self.first_bias = nn.Parameter(torch.zeros(deep))
        self.convs = nn.ModuleList([EqualisedConv2d(deep, deep, 3)])
        for before, width in pairwise(channels):
            self.convs += [EqualisedConv2d(before, width, 3), EqualisedConv2d(width, width, 3)]
        self.heads = nn.ModuleList(EqualisedConv2d(width, images, 1, gain=1) for width in channels)

    def forward(self, code: Tensor, level: int | None = None, fade: Tensor | None = None) -> Tensor:
        """Draw (B, C, 4 * 2^level, 4 * 2^level), about in [-1, 1], from codes (B, D)."""
        level, fade = self.stage(level, fade)
        x = self.first(pixel_norm(code)).unflatten(1, (-1, SMALLEST, SMALLEST))
        x = pixel_norm(F.leaky_relu(x + self.first_bias[:, None, None], 0.2))
        x = before = self._layer(0, x)
        for number in range(1, level + 1):
            before = enlarged(x)
            x = self._layer(2 * number, self._layer(2 * number - 1, before))
        image: Tensor = self.heads[level](x)
        if fade is None:
            return image
        return torch.lerp(self.heads[level - 1](before), image, fade.to(image))

    def _layer(self, number: int, x: Tensor) -> Tensor:
        return pixel_norm(F.leaky_relu(self.convs[number](x), 0.2))


class GrowingDiscriminator(nn.Module):
    """Tell real images from drawn ones at any level, in sight of what they should show.

    The mirror of `GrowingDecoder`, without norms: two 3 x 3 convolutions a level, a mean of 2 x 2;
    at 4 x 4 the deviation over a group, a convolution and two dense layers. Styles and characters
    add their products with what the last but one found (Miyato and Koyama 2018, equation 4).

    Args:
        channels: of the maps, from 4 pixels up (`grown_channels`).
        styles: number N of styles that may be asked for; with 1 there is nothing to see.
        char_code: length of a character's code, or 0.
        blur: blur maps before they are made smaller, as StyleGAN does.
        group: of the deviation.
        images: channels of the image.
    """

    def __init__(
        self,
        channels: list[int],
        styles: int = 1,
        char_code: int = 0,
        blur: bool = False,
        group: int = 4,
        images: int = 1,
    ) -> None:
        super().__init__()
        self.blur, self.group = blur, group
        deep = channels[0]
        self.entries = nn.ModuleList(EqualisedConv2d(images, width, 1) for width in channels)
        self.convs = nn.ModuleList()
        for before, width in pairwise(channels):
            self.convs += [EqualisedConv2d(width, width, 3), EqualisedConv2d(width, before, 3)]
        self.last_conv = EqualisedConv2d(deep + 1, deep, 3)
        self.dense = EqualisedLinear(deep * SMALLEST**2, deep)
        self.last = EqualisedLinear(deep, 1, gain=1)
        self.styles = EqualisedLinear(styles, deep, 1, bias=False) if styles > 1 else None
        self.chars = EqualisedLinear(char_code, deep, 1, bias=False) if char_code else None

    def forward(
        self, image: Tensor, style: Tensor, char: Tensor, level: int, fade: Tensor | None = None
    ) -> list[Verdict]:
        """Tell of images (B, C, 4 * 2^level, ...) that should show characters in styles (B,).

        Args:
            image: as large as the level has it.
            style: (B,) indices.
            char: (B, D) codes of characters.
            level: that has grown so far.
            fade: share of it, or None where all of it is there.
        """
        x = self._entry(level, image)
        for number in range(level, 0, -1):
            x = F.leaky_relu(self.convs[2 * number - 2](x), 0.2)
            x = blurred(x) if self.blur else x
            x = F.avg_pool2d(F.leaky_relu(self.convs[2 * number - 1](x), 0.2), 2)
            if number == level and fade is not None:
                x = torch.lerp(self._entry(level - 1, F.avg_pool2d(image, 2)), x, fade.to(x))
        x = F.leaky_relu(self.last_conv(with_deviation(x, self.group)), 0.2)
        x = F.leaky_relu(self.dense(x.flatten(1)), 0.2)
        logits = self.last(x)
        if self.styles is not None:
            wanted = self.styles.weight.T[style] * self.styles.scale
            logits = logits + (wanted * x).sum(dim=1, keepdim=True)
        if self.chars is not None:
            # As large as the other products: by the mean it was hardly seen which character it is.
            named = self.chars(char.to(x)) * x
            logits = logits + named.sum(dim=1, keepdim=True) / math.sqrt(x.shape[1])
        return [Verdict.of(logits)]

    def _entry(self, level: int, image: Tensor) -> Tensor:
        return F.leaky_relu(self.entries[level](image), 0.2)
