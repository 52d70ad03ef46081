"""ComboGAN: an encoder and a decoder of its own for every hand, joined at will, by no pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.task import Pairing
from fontgan.losses import images, latent
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import PenalisedAdversarialMethod
from fontgan.methods._sides import (
    OTHER,
    SIDES,
    add_fooling,
    add_sides,
    add_telling,
    each_side,
    glyphs,
    leave_drawn,
)
from fontgan.methods._tasks import check_halvings
from fontgan.methods.base import Count, CountOrNone, Networks, Step, Weight
from fontgan.nn.content import ContentEncoder, DoublingDecoder
from fontgan.nn.depth_discriminator import DepthDiscriminator, SharpAndBlurred
from fontgan.nn.init import dcgan
from fontgan.nn.pool import ImagePool
from fontgan.nn.several import OnePerStyle

Network = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class ComboGan(PenalisedAdversarialMethod):
    """ComboGAN with the defaults of its authors' code: CycleGAN, at one cost for any hands.

    A generator is cut in two: print and every hand have an encoder and a decoder of their own, and
    the encoder of one is followed by the decoder of any other. In an iteration print and one hand
    learn; the other hands rest.

    Deviations from the original, also with the ``paper`` preset: one grey channel, so that both
    branches of a discriminator see grey; no mirrored images; no biases before norms; the generators
    move before the discriminators; one of the two domains of an iteration is always print, as
    glyphs are always drawn from print; discriminators pad alike on all sides and say their mind
    before the norm. Hands have no codes: where styles are to be mixed, drawings are.

    Attributes:
        width: channels of encoders and decoders at the size of the image.
        blocks: residual blocks of an encoder and a decoder together; of an odd number the decoder
            has one more.
        discriminator_layers: halvings in a discriminator.
        pool: drawings in the pool of each domain, or 0 for none; what is drawn of one hand alone.
        cycle: weight of the smooth L1 distance of a glyph and what comes back of it.
        identity: weight of the L1 distance of a glyph and what its own domain draws of it.
        latent: weight of the L1 distance of a glyph's map and what is read of its drawing.
    """

    paper: ClassVar[str] = (
        "Anoosheh et al., ComboGAN: Unrestrained Scalability for Image Domain Translation, 2018"
    )
    averaged: ClassVar[tuple[str, ...]] = ("encoder_printed", "decoder_written")
    pairing: ClassVar[Pairing] = "one_pair"
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/cycle_printed",
        "generator/adversarial_written",
        "discriminator/drawn_written",
    )

    width: Count = 64
    blocks: Annotated[int, Field(ge=2, le=128)] = 9
    discriminator_layers: Annotated[int, Field(ge=1, le=10)] = 4
    pool: CountOrNone = 50
    cycle: Weight = 10.0
    identity: Weight = 0.0
    latent: Weight = 0.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return encoder, decoder, discriminator and, if any, pool, of print and of every hand."""
        self._check(task)
        reading = self.blocks // 2

        def encoder() -> nn.Module:
            return ContentEncoder(self.width, reading, 3, nn.PReLU).apply(dcgan)

        def decoder() -> nn.Module:
            return DoublingDecoder(self.width, self.blocks - reading, nn.PReLU).apply(dcgan)

        def discriminator() -> nn.Module:
            judges = SharpAndBlurred(self.discriminator_width, self.discriminator_layers)
            return judges.apply(dcgan)

        def pool() -> nn.Module:
            return ImagePool(self.pool, task.size)

        kinds = {"encoder": encoder, "decoder": decoder, "discriminator": discriminator}
        nets: dict[str, nn.Module] = {}
        for name, make in (kinds | ({"pool": pool} if self.pool else {})).items():
            nets[f"{name}_printed"] = make()
            nets[f"{name}_written"] = OnePerStyle(make() for _ in task.styles)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one step of both generators, then one of both discriminators."""
        moved = (f"{part}_{side}" for part in ("encoder", "decoder") for side in SIDES)
        both = (f"discriminator_{side}" for side in SIDES)
        return [
            Step("generator", (*moved,), self._generator_losses),
            self.discriminator_step(self._discriminator_losses, *both),
        ]

    @property
    def mixes_styles(self) -> bool:
        """Drawings in hands can be mixed."""
        return True

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw; there is no noise in it."""
        content = nets["encoder_printed"](batch.source)
        return nets["decoder_written"](content, batch.target_style)  # type: ignore[no-any-return]

    def _check(self, task: Task) -> None:
        self.check_kind(self.gradient_penalty)
        least = DepthDiscriminator.smallest_size(self.discriminator_layers)
        check_halvings(task.size, least, "set fewer discriminator_layers")

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        real = glyphs(batch)
        read, draw, see = (
            _of(nets, kind, batch) for kind in ("encoder", "decoder", "discriminator")
        )
        content = each_side(lambda side: read[side](real[side]))
        drawn = each_side(lambda side: draw[side](content[OTHER[side]]))
        again = each_side(lambda side: read[OTHER[side]](drawn[OTHER[side]]))
        leave_drawn(terms, drawn)
        add_fooling(self, terms, see, drawn)
        add_sides(terms, "cycle", self.cycle, _returned, draw, again, real)
        add_sides(terms, "identity", self.identity, images.drawn_l1, draw, content, real)
        add_sides(terms, "latent", self.latent, latent.l1, again, content)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        real, drawn, see = (
            glyphs(batch),
            terms.shared["drawn"][""],
            _of(nets, "discriminator", batch),
        )
        if self.pool:
            kept = _of(nets, "pool", batch)
            drawn = each_side(lambda side: kept[side](drawn[side]))
        weight = self.adversarial / 2  # as the authors have it: they learn half as fast
        add_telling(self, terms, see, real, drawn, weight)


def _of(nets: Networks, kind: str, batch: GlyphBatch) -> dict[str, Callable[[Tensor], Any]]:
    """Return the networks of a kind that learn: those of print, and of the hand of the batch."""
    hand, written = int(batch.target_style[0]), nets[f"{kind}_written"]
    return {"printed": nets[f"{kind}_printed"], "written": lambda x: written(x, hand)}


def _returned(draw: Network, content: Tensor, wanted: Tensor) -> Tensor:
    return images.smooth_l1(draw(content), wanted)
