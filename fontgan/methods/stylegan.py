"""StyleGAN: glyphs from a constant, each layer in a style that a code is mapped to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.losses.adversarial import Kind
from fontgan.methods._grown import GrownMethod
from fontgan.methods.base import Count, CountOrNone, Networks, Weight
from fontgan.nn.grown import SMALLEST, grown_channels
from fontgan.nn.stylised import MappingNetwork, StylisedGenerator


@dataclass(frozen=True)
class StyleGan(GrownMethod):
    """StyleGAN, the first of its name, told which character to draw in which hand.

    It draws from a code z alone: no source is looked at, so it draws what it was trained on.

    Deviations from the original, also with the ``paper`` preset: one grey channel; what it is told
    is joined to z before the mapping, and the discriminator sees it (Miyato and Koyama 2018);
    truncation goes towards the style of z = 0 of the same character and hand, where the original's
    goes towards the mean of all styles, which is no character; the noise of drawings is fixed; the
    constant has no bias beside it, and begins as noise, not as ones; otherwise as for pggan.

    Attributes:
        mapping_width: length of a style w, and width of the mapping network.
        mapping_layers: layers of it.
        mapping_slowness: how many times as slowly as the other networks it learns.
        mixing: share of the training's drawings that are in two styles: one up to a layer, another
            from it on.
        truncation: how far a drawing's style is from that of z = 0, as a share of how far it would
            be; 1 is all the way.
        truncated: layers to which that applies, from the smallest on.
    """

    paper: ClassVar[str] = (
        "Karras et al., A Style-Based Generator Architecture for Generative Adversarial Networks, "
        "CVPR 2019"
    )
    averaged: ClassVar[tuple[str, ...]] = ("mapping", "generator", "styles")

    kind: Kind = "vanilla"
    r1: Weight = 10.0
    first_size: Count = 8
    mapping_width: Count = 512
    mapping_layers: Count = 8
    mapping_slowness: Annotated[float, Field(ge=1)] = 100.0
    mixing: Annotated[float, Field(ge=0, le=1)] = 0.9
    truncation: Annotated[float, Field(ge=0, le=1)] = 0.7
    truncated: CountOrNone = 8

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return mapping, generator, styles and discriminator."""
        self.check(task)
        asked = self.style_size(task) + self.char_code
        channels = grown_channels(task.size, self.width, self.max_width)
        width, slowness = self.mapping_width, self.mapping_slowness
        mapping = MappingNetwork(self.z_size, asked, width, self.mapping_layers, slowness)
        return {
            "mapping": mapping,
            "generator": StylisedGenerator(width, channels),
            "styles": self.styles(task),
            "discriminator": self.discriminator(task, blur=True),
        }

    def grow(
        self, nets: Networks, batch: GlyphBatch, z: Tensor, level: int | None, fade: Tensor | None
    ) -> Tensor:
        """Draw at a stage, see `GrownMethod.grow`; in training styles are mixed, else truncated."""
        asked = self.asked(nets, batch)
        layers = 2 * int(math.log2(batch.source.shape[-1] // SMALLEST)) + 2
        style = nets["mapping"](z, asked)[:, None].expand(-1, layers, -1)
        number = torch.arange(layers, device=z.device)[:, None]
        if level is None:
            return self._truncated(nets, asked, style, number)
        if self.mixing and torch.rand(1) < self.mixing:
            other = nets["mapping"](torch.randn_like(z), asked)[:, None]
            cut = torch.randint(1, 2 * level + 2, ())
            style = torch.where(number < int(cut), style, other)
        return nets["generator"](style, level, fade)  # type: ignore[no-any-return]

    def _truncated(self, nets: Networks, asked: Tensor, style: Tensor, number: Tensor) -> Tensor:
        if self.truncation < 1 and self.truncated:
            centre = nets["mapping"](style.new_zeros(len(style), self.z_size), asked)[:, None]
            near = torch.lerp(centre.expand_as(style), style, self.truncation)
            style = torch.where(number < self.truncated, near, style)
        return nets["generator"](style)  # type: ignore[no-any-return]
