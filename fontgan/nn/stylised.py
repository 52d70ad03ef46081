"""StyleGAN's generator: codes are mapped to styles, and each layer that grows is in one."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fontgan.nn.blocks import ConditionalNorm
from fontgan.nn.equalised import EqualisedConv2d, EqualisedLinear, blurred, pixel_norm
from fontgan.nn.grown import SMALLEST, Growing, enlarged


class MappingNetwork(nn.Module):
    """Map codes to styles by dense layers that learn more slowly than the others.

    What is asked for is turned into as many numbers as the code has, as large as the code's, and
    joined to it. Source: Karras et al. 2019, section 2 and appendix C; of what is asked for, the
    code of Karras et al. 2020 (StyleGAN2-ADA).

    Args:
        code_size: length of a code.
        asked_size: numbers that say what is asked for; 0 is nothing.
        style_size: length of a style, and width of the layers.
        layers: how many.
        slowness: how many times as slowly as others they learn.
    """

    def __init__(
        self,
        code_size: int,
        asked_size: int,
        style_size: int,
        layers: int,
        slowness: float = 100.0,
    ) -> None:
        super().__init__()
        self.asked = EqualisedLinear(asked_size, code_size, 1, bias=False) if asked_size else None
        inputs = [code_size * (2 if asked_size else 1), *[style_size] * (layers - 1)]
        self.layers = nn.ModuleList(
            EqualisedLinear(size, style_size, slowness=slowness) for size in inputs
        )

    def forward(self, code: Tensor, asked: Tensor) -> Tensor:
        """Map codes (B, Z) and what is asked for (B, D) to styles (B, W)."""
        x = pixel_norm(code)
        if self.asked is not None:  # a norm of its own: in one for both, small numbers drown
            x = torch.cat([x, pixel_norm(self.asked(asked.to(code)))], dim=1)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        return x


class StylisedLayer(nn.Module):
    """Noise, bias, LeakyReLU(.2), instance norm, and a style's scale and shift.

    The first layer, of a constant, has no bias, which the norm would take away.

    Args:
        channels: C.
        side: of the maps.
        style_size: W.
        bias: whether there is one.
    """

    fixed: Tensor  # the noise of drawings: the same at every drawing

    def __init__(self, channels: int, side: int, style_size: int, bias: bool = True) -> None:
        super().__init__()
        self.register_buffer("fixed", torch.randn(1, 1, side, side))
        self.strength = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None
        self.style = EqualisedLinear(style_size, 2 * channels, gain=1)
        self.normalise = ConditionalNorm()

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Change (B, C, H, W) in styles (B, W)."""
        noise = torch.randn_like(x[:, :1]) if self.training else self.fixed.to(x)
        x = x + noise * self.strength[:, None, None]
        if self.bias is not None:
            x = x + self.bias[:, None, None]
        scale, shift = self.style(style).chunk(2, dim=1)
        return self.normalise(F.leaky_relu(x, 0.2), torch.stack([1 + scale, shift], dim=2))  # type: ignore[no-any-return]


class StylisedGenerator(Growing):
    """Draw from a constant of 4 x 4, two layers a level, each in a style of its own.

    Source: Karras et al. 2019, figure 1b; its constant begins as noise, as in Karras et al. 2020
    (StyleGAN 2), so that each map has a pattern of its own for styles to choose from.

    Args:
        style_size: W.
        channels: of the maps (`fontgan.nn.grown.grown_channels`).
        images: channels of the image.

    Attributes:
        count: number of layers.
    """

    def __init__(self, style_size: int, channels: list[int], images: int = 1) -> None:
        super().__init__(len(channels))
        # Of ones a norm makes nothing, and every map learns the same blot for whatever is asked.
        self.constant = nn.Parameter(torch.randn(1, channels[0], SMALLEST, SMALLEST))
        self.convs = nn.ModuleList([EqualisedConv2d(channels[0], channels[0], 3, bias=False)])
        for before, width in pairwise(channels):
            self.convs += [
                EqualisedConv2d(before, width, 3, bias=False),
                EqualisedConv2d(width, width, 3, bias=False),
            ]
        self.layers = nn.ModuleList(
            StylisedLayer(width, SMALLEST << level, style_size, bias=bool(level or second))
            for level, width in enumerate(channels)
            for second in (0, 1)
        )
        self.count = len(self.layers)
        self.heads = nn.ModuleList(EqualisedConv2d(width, images, 1, gain=1) for width in channels)

    def forward(
        self, styles: Tensor, level: int | None = None, fade: Tensor | None = None
    ) -> Tensor:
        """Draw (B, C, 4 * 2^level, 4 * 2^level) in styles (B, layers, W), one a layer."""
        level, fade = self.stage(level, fade)
        x = self.layers[0](self.constant.expand(len(styles), -1, -1, -1), styles[:, 0])
        x = before = self.layers[1](self.convs[0](x), styles[:, 1])
        for number in range(1, level + 1):
            before, layer = enlarged(x), 2 * number
            x = self.layers[layer](blurred(self.convs[layer - 1](before)), styles[:, layer])
            x = self.layers[layer + 1](self.convs[layer](x), styles[:, layer + 1])
        image: Tensor = self.heads[level](x)
        if fade is None:
            return image
        return torch.lerp(self.heads[level - 1](before), image, fade.to(image))
