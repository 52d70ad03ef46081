"""pix2pix: a U-Net and a discriminator of patches, which sees the source too; noise by dropout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import images
from fontgan.losses.adversarial import Kind
from fontgan.losses.perceptual import perceptual
from fontgan.losses.terms import Terms
from fontgan.methods._patches import PairedAdversarialMethod
from fontgan.methods._unet import NO_NOISE, UNetMethod
from fontgan.methods.base import CountOrNone, Networks, Step, Weight
from fontgan.nn.blocks import noise
from fontgan.nn.init import dcgan
from fontgan.nn.style import StyleTable
from fontgan.nn.unet import UNetDecoder, UNetEncoder


@dataclass(frozen=True)
class Pix2Pix(UNetMethod, PairedAdversarialMethod):
    """pix2pix with the defaults of its authors' code; with ``l1 = 0`` the conditional GAN alone.

    Deviations from the original, also with the ``paper`` preset: one grey channel; no mirrored
    images; the generator moves before the discriminator, so that both see one drawing; norms are
    per image, scaled and shifted, which is what the original's batch norms are at its batch size
    of 1, in training and when it draws. ``style_code`` is ours: the original knows one style.

    Attributes:
        style_code: length of a style's code, joined at the bottleneck; 0, the original, allows one
            style alone.
        norm: ``affine``, per image and trained; ``batch``; or ``conditional``, by which the style
            scales and shifts every level on the way up.
        dropout: probability on the three innermost levels on the way up.
        dropout_at_inference: keep dropout on when drawing, as the original does: its only noise.
        conditional_discriminator: show the discriminator the source too.
    """

    paper: ClassVar[str] = "Isola et al., Image-to-Image Translation with Conditional GANs, 2017"
    averaged: ClassVar[tuple[str, ...]] = ("encoder", "decoder", "styles")

    style_code: CountOrNone = 0
    norm: Literal["affine", "batch", "conditional"] = "affine"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    dropout_at_inference: bool = True
    conditional_discriminator: bool = True
    kind: Kind = "vanilla"
    l1: Weight = 100.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return encoder, decoder, styles and discriminator."""
        self.check_size(task)
        if len(task.styles) > 1 and not self.style_code:
            raise ConfigError(
                f"pix2pix as published knows one style, and the data set has {len(task.styles)}: "
                "train one with --styles NAME, or set method.style_code=32"
            )
        channels, full = self.channels(task), self.full_width > 0
        conditional = self.norm == "conditional"
        plain = "affine" if conditional else self.norm
        seen = 2 if self.conditional_discriminator else 1
        nets = {
            "encoder": UNetEncoder(channels, 4, plain, full, deepest="none"),
            "decoder": UNetDecoder(channels, self.style_code, 4, self.norm, self.dropout, full),
            "styles": StyleTable(
                len(task.styles),
                self.style_code,
                UNetDecoder.modulated(channels) if conditional else (),
                trained=self.style_code > 0,
            ),
            "discriminator": self.patches(task, seen, norm_kind=plain),
        }
        for network in nets.values():
            network.apply(dcgan)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one step of all that draws, then one of the discriminator."""
        return [
            Step("generator", ("encoder", "decoder", "styles"), self._generator_losses),
            self.discriminator_step(self._discriminator_losses, "discriminator"),
        ]

    def translate(
        self, nets: Networks, batch: GlyphBatch, generator: torch.Generator | None = None
    ) -> Tensor:
        """Draw; the generator feeds the dropout that ``dropout_at_inference`` keeps on."""
        with noise(nets["decoder"], generator if self.dropout_at_inference else None):
            return self._generate(nets, batch)

    @property
    def notes_on_drawing(self) -> tuple[str, ...]:
        """Say that an exported model has no noise."""
        return (NO_NOISE,) if self.dropout and self.dropout_at_inference else ()

    def _generate(self, nets: Networks, batch: GlyphBatch) -> Tensor:
        levels = nets["encoder"](batch.source)
        return nets["decoder"](levels, nets["styles"](batch.target_style))  # type: ignore[no-any-return]

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        drawn = self._generate(nets, batch)
        terms.shared["drawn"] = drawn.detach()
        terms.add("l1", self.l1, images.l1, drawn, batch.target)
        terms.add("perceptual", self.perceptual, perceptual, drawn, batch.target)
        shown, real = self._shown(batch, drawn), self._shown(batch, batch.target)
        self.generator_terms(terms, nets["discriminator"], shown, batch.target_style, real)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        real = self._shown(batch, batch.target)
        drawn = self._shown(batch, terms.shared["drawn"])
        weight = self.adversarial / 2  # as the authors have it: it learns half as fast
        style = batch.target_style
        self.classified_terms(terms, nets["discriminator"], real, drawn, style, weight)

    def _shown(self, batch: GlyphBatch, image: Tensor) -> Tensor:
        """Return what the discriminator sees of an image: (B, 2, S, S), or without the source."""
        return torch.cat([batch.source, image], 1) if self.conditional_discriminator else image
