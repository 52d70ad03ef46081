"""DRIT: content that a discriminator cannot tell apart, attributes as codes, by no pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.losses import adversarial, images, latent
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods._content import ContentMethod, Draw, Read
from fontgan.methods._sides import (
    OTHER,
    SIDES,
    Sides,
    add_sides,
    each_side,
    glyphs,
    leave_drawn,
    noisy,
)
from fontgan.methods.base import Count, Networks, Step, Weight
from fontgan.nn.content import ContentDiscriminator, ContentEncoder, JoinedDecoder, ResidualBlocks
from fontgan.nn.init import dcgan
from fontgan.nn.resnet import ResNetEncoder


@dataclass(frozen=True)
class Drit(ContentMethod):
    """DRIT with the mode seeking of DRIT++ and the defaults of its authors' code.

    Of every glyph one network reads its content, a map, and one its attribute, a code z. The last
    block that reads content and the first that draws it are the sides' own no more, and a
    discriminator of content must not be able to tell of which side a map is. Glyphs of both sides
    swap their attributes and swap them back. A second step draws with codes from N(0, 1) and moves
    all but what reads attributes.

    Deviations from the original, also with the ``paper`` preset: one grey channel; no cut or
    mirrored images; both steps see the whole batch, and the second draws anew; no biases before
    instance norms; zeros at the edges in place of mirrored images where attributes are read;
    the discriminator of content has no norms, as in the authors' code, whose string for one is
    misspelt, and halves fewer times on small images; of the two drawings for mode seeking one is
    judged. ``style_code`` is ours: the original knows one hand.

    Attributes:
        blocks: residual blocks of each encoder of content and each decoder, beside the shared ones.
        attribute_width: channels of the first layer that reads attributes.
        content_steps: iterations, each with one step of the discriminator of content, to one step
            of all others.
        cycle: weight of the L1 distance of a glyph and what comes back when attributes were
            swapped twice.
        confusion: weight of the cross-entropy by which content should look like either side's.
        content_kl: weight of the mean square of content.
        kl: weight of the divergence of attributes from N(0, 1), a sum over the batch.
        latent: weight of the L1 distance of a random code and what is read of the drawing with it.
        mode_seeking: weight of the term against drawings that do not change with z.
    """

    paper: ClassVar[str] = (
        "Lee et al., Diverse Image-to-Image Translation via Disentangled Representations, ECCV "
        "2018; DRIT++, IJCV 2020"
    )
    averaged: ClassVar[tuple[str, ...]] = (
        "content_encoder_printed",
        "content_encoder_shared",
        "attribute_encoder_written",
        "decoder_shared",
        "decoder_written",
        "styles",
    )
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/cycle_written",
        "generator/adversarial_written",
        "discriminator/drawn_written",
    )

    blocks: Annotated[int, Field(ge=1, le=64)] = 3
    kind: Kind = "vanilla"
    attribute_width: Count = 64
    content_steps: Count = 3
    cycle: Weight = 10.0
    confusion: Weight = 1.0
    content_kl: Weight = 0.01
    kl: Weight = 0.01
    latent: Weight = 10.0
    mode_seeking: Weight = 1.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return what reads and draws each side and both, the styles, and five discriminators."""
        nets = self.discriminators(task, 0.01) | self.discriminators(task, 0.01, "_random")
        code_size = self.code_sizes_of_sides(task)
        width, blocks, size = self.width, self.blocks, task.size
        for side in SIDES:
            reads = ContentEncoder(width, blocks, 3, bare=True)
            feels = ResNetEncoder(size, self.z_size, self.attribute_width, 1, 3, "none")
            nets[f"content_encoder_{side}"] = reads
            nets[f"attribute_encoder_{side}"] = feels
            nets[f"decoder_{side}"] = JoinedDecoder(width, blocks, code_size[side])
        nets["content_encoder_shared"] = ResidualBlocks(4 * width, 1)
        nets["decoder_shared"] = ResidualBlocks(4 * width, 1)
        nets["discriminator_content"] = ContentDiscriminator(size // 4, 4 * width)
        for network in nets.values():
            network.apply(dcgan)
        return nets | {"styles": self.styles(task)}

    def steps(self) -> Sequence[Step]:
        """Return the steps: of content's discriminator, generators, these again, discriminators."""
        parts = ("content_encoder", "decoder")
        moved = (*(f"{part}_{side}" for part in parts for side in (*SIDES, "shared")), "styles")
        feels = (f"attribute_encoder_{side}" for side in SIDES)
        judges = (f"discriminator{of}_{side}" for of in ("", "_random") for side in SIDES)
        rest, clamp = self.content_steps, self.weight_clip or None
        content = Step(
            "content", ("discriminator_content",), self._content_losses, clip=5.0, clamp=clamp
        )
        return [
            *([content] if self.confusion else []),
            Step("generator", (*moved, *feels), self._generator_losses, every=rest),
            Step("random", moved, self._random_losses, every=rest),
            self.discriminator_step(self.discriminator_losses, *judges, every=rest),
        ]

    def learning_rate(self, network: str) -> float:
        """Return the rates; the discriminator of content has less, by 2.5."""
        rate = super().learning_rate(network)
        return rate / 2.5 if network == "discriminator_content" else rate

    def reading(self, nets: Networks, side: str) -> Read:
        """Return what reads the content of a side's glyphs; the last block is shared."""
        shared, own = nets["content_encoder_shared"], nets[f"content_encoder_{side}"]
        return lambda images: shared(own(images))

    def drawing(self, nets: Networks, side: str) -> Draw:
        """Return what draws a side's glyphs of content and codes; the first block is shared."""
        shared, own = nets["decoder_shared"], nets[f"decoder_{side}"]
        return lambda content, z: own(shared(content), z)

    def posterior(self, nets: Networks, glyphs: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance (B, Z) of the attributes of written glyphs."""
        return nets["attribute_encoder_written"](glyphs)  # type: ignore[no-any-return]

    def _contents(self, nets: Networks, batch: GlyphBatch) -> Sides:
        """Return the content of each side's glyphs, with noise."""
        real, read = glyphs(batch), self.readings(nets)
        return each_side(lambda side: noisy(read[side](real[side])))

    def _content_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        with torch.no_grad():
            content = self._contents(nets, batch)
        for side in SIDES:
            logits = nets["discriminator_content"](content[side])
            terms.add(side, self.confusion, adversarial.vanilla, logits, side == "written")

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        real, draw, content = glyphs(batch), self.drawings(nets, batch), self._contents(nets, batch)
        found = {side: nets[f"attribute_encoder_{side}"](real[side]) for side in SIDES}
        z = each_side(lambda side: latent.sample(*found[side]))
        drawn = each_side(lambda side: draw[side](content[OTHER[side]], z[side]))
        leave_drawn(terms, drawn)
        self.fooling_terms(terms, nets, batch, drawn)
        for side in SIDES:
            terms.add(f"kl_{side}", self.kl, latent.kl, *found[side])
        tells = dict.fromkeys(SIDES, nets["discriminator_content"])
        add_sides(terms, "confusion", self.confusion, _confused, tells, content)
        add_sides(terms, "content_kl", self.content_kl, latent.unit_kl, content)
        own = content, z, real
        add_sides(terms, "reconstruction", self.reconstruction, images.drawn_l1, draw, *own)
        if self.cycle:
            read = self.readings(nets)
            back = each_side(lambda side: noisy(read[OTHER[side]](drawn[OTHER[side]])))
            again = each_side(lambda side: nets[f"attribute_encoder_{side}"](drawn[side])[0])
            add_sides(terms, "cycle", self.cycle, images.drawn_l1, draw, back, again, real)

    def _random_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        draw, content = self.drawings(nets, batch), self._contents(nets, batch)
        like = batch.source.new_empty(len(batch), self.z_size)
        z, other = (each_side(lambda _: torch.randn_like(like)) for _ in range(2))
        drawn = each_side(lambda side: draw[side](content[OTHER[side]], z[side]))
        leave_drawn(terms, drawn, "_random")
        self.fooling_terms(terms, nets, batch, drawn, "_random")
        feels = {side: nets[f"attribute_encoder_{side}"] for side in SIDES}
        add_sides(terms, "latent", self.latent, latent.read_l1, feels, drawn, z)

        def seek(side: str) -> Tensor:
            beside = draw[side](content[OTHER[side]], other[side])
            return latent.mode_seeking((drawn[side], beside), (z[side], other[side]))

        for side in SIDES:
            terms.add(f"mode_seeking_{side}", self.mode_seeking, seek, side)


def _confused(tell: nn.Module, content: Tensor) -> Tensor:
    return adversarial.undecided(tell(content))
