"""pix2pix: a U-Net and a discriminator of patches, which sees the source too; noise by dropout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from torch import nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import images
from fontgan.losses.adversarial import Kind
from fontgan.losses.perceptual import perceptual
from fontgan.losses.terms import Terms
from fontgan.methods._patches import ConditionalAdversarialMethod
from fontgan.methods._unet import DroppingUNetMethod
from fontgan.methods.base import CountOrNone, Networks, Step, Weight
from fontgan.nn.init import dcgan
from fontgan.nn.unet import UNetDecoder, UNetEncoder


@dataclass(frozen=True)
class Pix2Pix(DroppingUNetMethod, ConditionalAdversarialMethod):
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
    """

    paper: ClassVar[str] = "Isola et al., Image-to-Image Translation with Conditional GANs, 2017"

    style_code: CountOrNone = 0
    norm: Literal["affine", "batch", "conditional"] = "affine"
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
        nets = {
            "encoder": UNetEncoder(channels, 4, plain, full, deepest="none"),
            "decoder": UNetDecoder(channels, self.style_code, 4, self.norm, self.dropout, full),
            "styles": self.styles(task, self.style_code, conditional),
            "discriminator": self.patches(task, self.channels_shown, norm_kind=plain),
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

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        _, drawn = self.generate(nets, batch)
        terms.shared["drawn"] = drawn.detach()
        terms.add("l1", self.l1, images.l1, drawn, batch.target)
        terms.add("perceptual", self.perceptual, perceptual, drawn, batch.target)
        shown, real = self.shown(batch, drawn), self.shown(batch, batch.target)
        self.generator_terms(terms, nets["discriminator"], shown, batch.target_style, real)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        real = self.shown(batch, batch.target)
        drawn = self.shown(batch, terms.shared["drawn"])
        weight = self.adversarial / 2  # as the authors have it: it learns half as fast
        style = batch.target_style
        self.classified_terms(terms, nets["discriminator"], real, drawn, style, weight)
