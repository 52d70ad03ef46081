"""UNIT: print and hand as two drawings of one latent map, by glyphs that are no pairs."""

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
    noisy,
)
from fontgan.methods._tasks import check_one_hand
from fontgan.methods.base import Networks, Step, Weight
from fontgan.nn.content import ContentDecoder, ContentEncoder
from fontgan.nn.init import kaiming
from fontgan.nn.style import StyleTable

Draw = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Unit(TwoSidedMethod):
    """UNIT with the defaults of its authors' second code: a VAE and a GAN of each side.

    A glyph of either side is read to one and the same kind of map, from which either side can be
    drawn: print is read and drawn as a hand. In training the maps bear noise of variance 1; a term
    holds them near 0, so that they do not outgrow it.

    Deviations from the original, also with the ``paper`` preset: one grey channel; no cut or
    mirrored images; no biases before instance norms; layer norms begin at scale 1; the generators
    move before the discriminators, so that both see one drawing; no distance in the eyes of a
    network of photographs. As in the authors' second code the sides share no weights.
    ``style_norms`` is ours: the original knows one hand.

    Attributes:
        style_norms: let the style scale and shift the norms of the decoder that draws hands, and
            show it to its discriminator; without, the original, the data set must have one style.
        reconstruction: weight of the L1 distance of a glyph and what its own side draws of it.
        kl: weight of the mean square of the maps, of glyphs.
        cycle: weight of the L1 distance of a glyph and what comes back of it from the other side.
        cycle_kl: weight of the mean square of the maps, of drawings.
    """

    paper: ClassVar[str] = "Liu et al., Unsupervised Image-to-Image Translation Networks, NIPS 2017"
    averaged: ClassVar[tuple[str, ...]] = ("encoder_printed", "decoder_written", "styles")
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/cycle_printed",
        "generator/adversarial_written",
        "discriminator/drawn_written",
    )

    style_norms: bool = False
    reconstruction: Weight = 10.0
    kl: Weight = 0.01
    cycle: Weight = 10.0
    cycle_kl: Weight = 0.01

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return encoder, decoder and discriminator of each side, and the styles."""
        if not self.style_norms:
            check_one_hand(task, "unit", "method.style_norms=true")
        nets = self.discriminators(task)
        for side in SIDES:
            decoder = ContentDecoder(self.width, self.blocks).apply(kaiming)
            nets[f"encoder_{side}"] = ContentEncoder(self.width, self.blocks).apply(kaiming)
            nets[f"decoder_{side}"] = decoder
        widths = decoder.modulated if self.style_norms else ()  # of both sides the same
        nets["styles"] = StyleTable(len(task.styles), 0, widths, trained=False)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one step of all that reads and draws, then one of both discriminators."""
        moved = (*(f"{part}_{side}" for part in ("encoder", "decoder") for side in SIDES), "styles")
        both = (f"discriminator_{side}" for side in SIDES)
        return [
            Step("generator", moved, self._generator_losses),
            self.discriminator_step(self.discriminator_losses, *both),
        ]

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw; there is no noise in it."""
        return _writing(nets, batch)(nets["encoder_printed"](batch.source))

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        real = glyphs(batch)
        draw: dict[str, Draw] = {
            "printed": nets["decoder_printed"],
            "written": _writing(nets, batch),
        }
        read = {side: nets[f"encoder_{side}"] for side in SIDES}
        found = each_side(lambda side: read[side](real[side]))
        maps = each_side(lambda side: noisy(found[side]))
        drawn = each_side(lambda side: draw[side](maps[OTHER[side]]))
        again = each_side(lambda side: read[OTHER[side]](drawn[OTHER[side]]))
        leave_drawn(terms, drawn)
        self.fooling_terms(terms, nets, batch, drawn)
        add_sides(terms, "reconstruction", self.reconstruction, images.drawn_l1, draw, maps, real)
        add_sides(terms, "kl", self.kl, latent.unit_kl, found)
        add_sides(terms, "cycle", self.cycle, _returned_l1, draw, again, real)
        add_sides(terms, "cycle_kl", self.cycle_kl, latent.unit_kl, again)


def _writing(nets: Networks, batch: GlyphBatch) -> Draw:
    """Return what draws written glyphs of maps, in the batch's styles."""
    norms = nets["styles"](batch.target_style).norms
    return lambda maps: nets["decoder_written"](maps, norms)


def _returned_l1(draw: Draw, maps: Tensor, wanted: Tensor) -> Tensor:
    return images.l1(draw(noisy(maps)), wanted)
