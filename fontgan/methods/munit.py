"""MUNIT: content apart from style, so that one print becomes many drawings in a hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.losses import images, latent
from fontgan.losses.terms import Terms
from fontgan.methods._sides import (
    OTHER,
    SIDES,
    TwoSidedMethod,
    add_sides,
    each_side,
    glyphs,
    leave_drawn,
)
from fontgan.methods._styled import StyledMethod
from fontgan.methods.base import CodedMethod, Count, CountOrNone, Networks, Step, Weight
from fontgan.nn.content import ContentEncoder, PooledEncoder, StyledDecoder
from fontgan.nn.init import kaiming

Draw = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Munit(StyledMethod, TwoSidedMethod, CodedMethod):
    """MUNIT with the defaults of its authors' code.

    Of every glyph one network reads what it shows, a map, and one how it is written, a code z. A
    map of either side can be drawn on either side, with a code from N(0, 1) or with that of any
    glyph of the side: handwriting is shown by ``infer --encode``.

    Deviations from the original, also with the ``paper`` preset: one grey channel; no cut or
    mirrored images; no biases before instance norms; layer norms begin at scale 1; the generators
    move before the discriminators, so that both see one drawing; no distance in the eyes of a
    network of photographs. ``style_code`` is ours: the original knows one hand.

    Attributes:
        style_code: length of a style's code, joined to z; there is none for a single style, and
            with 0 the hand, too, is what z says.
        units: width of the dense layers that read the norms of a decoder from a code.
        reconstruction: weight of the L1 distance of a glyph and what is drawn of its own map and
            code.
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

    style_code: CountOrNone = 8
    units: Count = 256
    reconstruction: Weight = 10.0
    style: Weight = 1.0
    content: Weight = 1.0
    cycle: Weight = 0.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return two encoders, decoder and discriminator of each side, and the styles."""
        nets = self.discriminators(task)
        code_size = {"printed": self.z_size, "written": self.z_size + self.style_size(task)}
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

    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw the batch's sources in its styles with codes z (B, Z)."""
        self.check_codes(z, len(batch))
        content = nets["content_encoder_printed"](batch.source)
        return _writing(nets, batch)(content, z.to(content))

    def encode(self, nets: Networks, glyphs: Tensor) -> Tensor:
        """Return the codes (B, Z) of written glyphs (B, 1, S, S)."""
        return nets["style_encoder_written"](glyphs)  # type: ignore[no-any-return]

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        real = glyphs(batch)
        draw: dict[str, Draw] = {
            "printed": nets["decoder_printed"],
            "written": _writing(nets, batch),
        }
        read = {side: nets[f"content_encoder_{side}"] for side in SIDES}
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
        add_sides(terms, "style", self.style, _read_l1, feel, drawn, z)
        add_sides(terms, "content", self.content, latent.l1, again, content)
        add_sides(terms, "cycle", self.cycle, images.drawn_l1, draw, again, style, real)


def _writing(nets: Networks, batch: GlyphBatch) -> Draw:
    """Return what draws written glyphs of maps and codes, in the batch's styles."""
    style = nets["styles"](batch.target_style).code
    return lambda maps, z: nets["decoder_written"](maps, torch.cat([z, style], dim=1))


def _read_l1(read: nn.Module, drawn: Tensor, wanted: Tensor) -> Tensor:
    return latent.l1(read(drawn), wanted)
