"""MUNIT: content apart from style, so that one print becomes many drawings in a hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.losses import images, latent
from fontgan.losses.terms import Terms
from fontgan.methods._content import ContentMethod
from fontgan.methods._sides import (
    OTHER,
    SIDES,
    add_sides,
    each_side,
    glyphs,
    leave_drawn,
)
from fontgan.methods.base import Count, Networks, Step, Weight
from fontgan.nn.content import ContentEncoder, PooledEncoder, StyledDecoder
from fontgan.nn.init import kaiming


@dataclass(frozen=True)
class Munit(ContentMethod):
    """MUNIT with the defaults of its authors' code.

    Of every glyph one network reads what it shows, a map, and one how it is written, a code z. A
    map of either side can be drawn on either side, with a code from N(0, 1) or with that of any
    glyph of the side: handwriting is shown by ``infer --encode``.

    Deviations from the original, also with the ``paper`` preset: one grey channel; no cut or
    mirrored images; no biases before instance norms; layer norms begin at scale 1; the generators
    move before the discriminators, so that both see one drawing; no distance in the eyes of a
    network of photographs. ``style_code`` is ours: the original knows one hand.

    Attributes:
        units: width of the dense layers that read the norms of a decoder from a code.
        style: weight of the L1 distance of a random code and what is read of the drawing with it.
        content: weight of the L1 distance of a glyph's map and what is read of its drawing.
        cycle: weight of the L1 distance of a glyph and what comes back of it from the other side.
    """

    paper: ClassVar[str] = "Huang et al., Multimodal Unsupervised Image-to-Image Translation, 2018"
    averaged: ClassVar[tuple[str, ...]] = (
        "content_encoder_printed",
        "style_encoder_written",
        "decoder_written",
        "styles",
    )
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/reconstruction_written",
        "generator/adversarial_written",
        "discriminator/drawn_written",
    )

    units: Count = 256
    style: Weight = 1.0
    content: Weight = 1.0
    cycle: Weight = 0.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return two encoders, decoder and discriminator of each side, and the styles."""
        nets = self.discriminators(task)
        code_size = self.code_sizes_of_sides(task)
        for side in SIDES:
            shape = self.width, self.blocks
            parts = {
                "content_encoder": ContentEncoder(*shape),
                "style_encoder": PooledEncoder(self.width, self.z_size),
                "decoder": StyledDecoder(*shape, code_size[side], self.units),
            }
            nets |= {f"{part}_{side}": network.apply(kaiming) for part, network in parts.items()}
        return nets | {"styles": self.styles(task)}

    def steps(self) -> Sequence[Step]:
        """Return one step of all that reads and draws, then one of both discriminators."""
        parts = ("content_encoder", "style_encoder", "decoder")
        moved = (*(f"{part}_{side}" for part in parts for side in SIDES), "styles")
        both = (f"discriminator_{side}" for side in SIDES)
        return [
            Step("generator", moved, self._generator_losses),
            self.discriminator_step(self.discriminator_losses, *both),
        ]

    def reading(self, nets: Networks, side: str) -> nn.Module:
        """Return what reads the maps of a side's glyphs."""
        return nets[f"content_encoder_{side}"]

    def drawing(self, nets: Networks, side: str) -> nn.Module:
        """Return what draws a side's glyphs of maps and codes."""
        return nets[f"decoder_{side}"]

    def encode(self, nets: Networks, glyphs: Tensor) -> Tensor:
        """Return the codes (B, Z) of written glyphs (B, 1, S, S)."""
        return nets["style_encoder_written"](glyphs)  # type: ignore[no-any-return]

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        real, read, draw = glyphs(batch), self.readings(nets), self.drawings(nets, batch)
        feel = {side: nets[f"style_encoder_{side}"] for side in SIDES}
        content = each_side(lambda side: read[side](real[side]))
        style = each_side(lambda side: feel[side](real[side]))
        z = each_side(lambda side: torch.randn_like(style[side]))
        drawn = each_side(lambda side: draw[side](content[OTHER[side]], z[side]))
        again = each_side(lambda side: read[OTHER[side]](drawn[OTHER[side]]))
        leave_drawn(terms, drawn)
        self.fooling_terms(terms, nets, batch, drawn)
        own = content, style, real
        add_sides(terms, "reconstruction", self.reconstruction, images.drawn_l1, draw, *own)
        add_sides(terms, "style", self.style, latent.read_l1, feel, drawn, z)
        add_sides(terms, "content", self.content, latent.l1, again, content)
        add_sides(terms, "cycle", self.cycle, images.drawn_l1, draw, again, style, real)
