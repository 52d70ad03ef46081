"""BicycleGAN: one glyph, many plausible drawings of it, chosen by a latent code z."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import images, latent
from fontgan.losses.perceptual import perceptual
from fontgan.losses.terms import Terms
from fontgan.methods._patches import ConditionalAdversarialMethod
from fontgan.methods._unet import UNetMethod
from fontgan.methods.base import CodedMethod, Count, CountOrNone, Networks, Step, Weight
from fontgan.nn.blocks import frozen
from fontgan.nn.coded import CodedUNet
from fontgan.nn.init import xavier
from fontgan.nn.resnet import ResNetEncoder
from fontgan.nn.sequence_discriminator import SequenceDiscriminator, SeveralDiscriminators


@dataclass(frozen=True)
class BicycleGan(UNetMethod, ConditionalAdversarialMethod, CodedMethod):
    """BicycleGAN with the defaults of its authors' code.

    Two branches share one generator. Branch ``encoded`` (cVAE-GAN) draws the first half of a batch
    with codes that the encoder finds in its targets, and should draw these targets. Branch
    ``random`` (cLR-GAN) draws the same sources with codes from N(0, 1), which the encoder should
    find in the drawings; that term moves the generator alone. Each branch has a discriminator;
    that of ``random`` sees the targets of the other half of the batch.

    Deviations from the original, also with the ``paper`` preset: one grey channel; no mirrored
    images; a style code of its own for every style, joined to z, as fontgan's styles have names
    and z is to carry what varies within a hand (``style_code = 0`` is the original); and a mean
    over the plane for the encoder's 8 x 8 mean (the same thing at 256 px). Drawing uses no dropout.
    The weights that default to 0, ``lstm_width``, ``style_norms`` and ``full_width`` are not in the
    original.

    Attributes:
        z_at: join z and style code to the input of ``all`` levels on the way down, or the
            ``input`` image alone.
        style_code: length of a style's code; 0 draws all styles alike but for what z says.
        style_norms: let the style also scale and shift the generator's norms on the way up.
        dropout: probability on the generator's inner levels.
        encoder_width: channels of the encoder's first level.
        lstm_width: units of an LSTM discriminator beside the others, in each branch, which reads a
            glyph row by row and column by column; 0 for none.
        latent: weight of the L1 distance between z and what the encoder finds in the drawing.
        kl: weight of the divergence of the encoder's codes from N(0, 1), a sum over the batch.
        mode_seeking: weight of the term against drawings that do not change with z.
    """

    paper: ClassVar[str] = "Zhu et al., Toward Multimodal Image-to-Image Translation, NIPS 2017"
    averaged: ClassVar[tuple[str, ...]] = ("generator", "encoder", "styles")
    batch_multiple: ClassVar[int] = 2  # half a batch for each branch
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/l1",
        "generator/adversarial_encoded",
        "discriminator/drawn_encoded",
    )
    former: ClassVar[Mapping[str, str]] = {
        **ConditionalAdversarialMethod.former,
        "judge_source": "conditional_discriminator",
    }

    z_at: Literal["all", "input"] = "all"
    style_code: CountOrNone = 16
    style_norms: bool = False
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    encoder_width: Count = 64
    discriminator_scales: Count = 2
    lstm_width: CountOrNone = 0
    conditional_discriminator: bool = False
    l1: Weight = 10.0
    latent: Weight = 0.5
    kl: Weight = 0.01
    mode_seeking: Weight = 0.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return generator, encoder, styles and the two branches' discriminators."""
        self._check(task)
        channels = self.channels(task)
        code_size = self.style_code + self.z_size
        full = self.full_width > 0
        styles = self.styles(task, self.style_code, self.style_norms)
        nn.init.normal_(styles.codes)  # as far apart as the z beside them
        nets: dict[str, nn.Module] = {
            "generator": CodedUNet(channels, code_size, self.z_at == "all", self.dropout, full),
            "encoder": ResNetEncoder(task.size, self.z_size, self.encoder_width),
            "styles": styles,
            "discriminator_encoded": self._discriminator(task),
            "discriminator_random": self._discriminator(task),
        }
        for network in nets.values():
            network.apply(xavier)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one step of all that draws, then one of both discriminators."""
        both = ("discriminator_encoded", "discriminator_random")
        return [
            Step("generator", ("generator", "encoder", "styles"), self._generator_losses),
            self.discriminator_step(self._discriminator_losses, *both),
        ]

    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw the batch's sources in its styles with given codes z (B, Z)."""
        self.check_codes(z, len(batch))
        style = nets["styles"](batch.target_style)
        code = torch.cat([style.code, z.to(batch.source)], dim=1)
        return nets["generator"](batch.source, code, style.norms)  # type: ignore[no-any-return]

    def posterior(self, nets: Networks, glyphs: Tensor) -> tuple[Tensor, Tensor]:
        """Return what the encoder says of glyphs (B, 1, S, S): mean and log variance (B, Z)."""
        return nets["encoder"](glyphs)  # type: ignore[no-any-return]

    def _check(self, task: Task) -> None:
        self.check_size(task, least=32)
        if (self.gradient_penalty or self.r1) and self.lstm_width:
            raise ConfigError("gradient_penalty and r1 do not go with lstm_width; set it to 0")

    def _discriminator(self, task: Task) -> nn.Module:
        styles = len(task.styles) if self.classifier else 0
        patches = self.patches(task, self.channels_shown)
        if not self.lstm_width:
            return patches
        lines = SequenceDiscriminator(task.size, self.lstm_width, styles, self.channels_shown)
        return SeveralDiscriminators([patches, lines])

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        first, _ = batch.chunk(2)
        drawn = self._generate(nets, first)
        terms.shared["drawn"] = drawn.encoded.detach(), drawn.random.detach()
        terms.add("l1", self.l1, images.l1, drawn.encoded, first.target)
        terms.add("perceptual", self.perceptual, perceptual, drawn.encoded, first.target)
        terms.add("kl", self.kl, latent.kl, drawn.mean, drawn.log_variance)
        terms.add("latent", self.latent, _find_z, nets["encoder"], drawn)
        terms.add("mode_seeking", self.mode_seeking, _seek_modes, drawn)
        branches = {"encoded": self.shown(first, first.target), "random": None}
        for branch, real in branches.items():
            discriminator = nets[f"discriminator_{branch}"]
            shown = self.shown(first, getattr(drawn, branch))
            self.generator_terms(
                terms, discriminator, shown, first.target_style, real, f"_{branch}"
            )

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        # As the authors do: of what the generator has just moved by.
        first, second = batch.chunk(2)
        encoded, random = terms.shared["drawn"]
        for branch, drawn, written in (("_encoded", encoded, first), ("_random", random, second)):
            discriminator = nets[f"discriminator{branch}"]
            real, fake = self.shown(written, written.target), self.shown(first, drawn)
            style, weight = written.target_style, self.adversarial
            self.classified_terms(terms, discriminator, real, fake, style, weight, branch)

    def _generate(self, nets: Networks, pairs: GlyphBatch) -> _Drawn:
        """Draw every source twice, in one pass: with its target's code and with a random one."""
        mean, log_variance = nets["encoder"](pairs.target)
        z = torch.randn_like(mean)
        twice = GlyphBatch.of_sources(
            pairs.source.repeat(2, 1, 1, 1), pairs.target_style.repeat(2), pairs.char.repeat(2)
        )
        found = latent.sample(mean, log_variance)
        encoded, random = self.draw(nets, twice, torch.cat([found, z])).chunk(2)
        return _Drawn(mean, log_variance, found, z, encoded, random)


@dataclass(frozen=True)
class _Drawn:
    """Drawings of both branches, (B, 1, S, S), and the codes (B, Z) behind them."""

    mean: Tensor
    log_variance: Tensor
    found: Tensor
    z: Tensor
    encoded: Tensor
    random: Tensor


def _seek_modes(drawn: _Drawn) -> Tensor:
    # Of two drawings that are there anyway; the one that has a target stays where it is.
    pair = drawn.random, drawn.encoded.detach()
    return latent.mode_seeking(pair, (drawn.z, drawn.found.detach()))


def _find_z(encoder: nn.Module, drawn: _Drawn) -> Tensor:
    # The encoder must not learn to read what the generator hides in its drawings.
    with frozen(encoder):
        return latent.read_l1(encoder, drawn.random, drawn.z)
