"""DCGAN: glyphs from noise, of the characters and in the hands that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import adversarial
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import AdversarialMethod, Discriminates, told
from fontgan.methods._deep import DeepMethod
from fontgan.methods.base import Count, CountOrNone, Networks, Step, Weight
from fontgan.nn.deep import DeepDecoder, DeepDiscriminator, char_codes
from fontgan.nn.init import dcgan


@dataclass(frozen=True)
class DcGan(AdversarialMethod, DeepMethod):
    """DCGAN with the defaults of its authors' code, told which character to draw in which hand.

    It draws from a code z alone: no source is looked at, so it draws what it was trained on, the
    letters of a script say, and of other characters it knows nothing.

    Deviations from the original, also with the ``paper`` preset: one grey channel; it is told what
    to draw, by a code of the character and one of the style joined to z, and the discriminator sees
    both (Miyato and Koyama 2018); each of the two networks is shown drawings of its own. With
    ``char_code = 0`` and one style it is the original, and draws any character at all.

    Attributes:
        char_code: length of a character's code, which its code point alone decides; 0 for none.
        discriminator_norm: ``batch``, ``layer``, ``instance`` or ``none``.
        discriminator_steps: iterations, each with one step of the discriminator, to one step of the
            generator (5 in the papers of ``wgan`` and ``wgan-gp``).
        gradient_penalty: weight of the discriminator's gradient penalty, which ``wgan-gp`` needs;
            10 is usual.
        momentum: Adam's first beta (0 in the paper of ``wgan-gp``).
    """

    paper: ClassVar[str] = (
        "Radford et al., Unsupervised Representation Learning with Deep Convolutional Generative "
        "Adversarial Networks, ICLR 2016"
    )
    averaged: ClassVar[tuple[str, ...]] = ("generator", "styles")
    encodes: ClassVar[bool] = False
    reads_characters: ClassVar[bool] = True
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/adversarial",
        "discriminator/real",
        "discriminator/drawn",
    )

    z_size: Count = 100
    char_code: CountOrNone = 32
    kind: Kind = "vanilla"
    discriminator_norm: Literal["batch", "layer", "instance", "none"] = "batch"
    discriminator_steps: Count = 1
    gradient_penalty: Weight = 0.0
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.5

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return generator, styles and discriminator."""
        self.check_kind(self.gradient_penalty)
        if self.gradient_penalty and self.discriminator_norm == "batch":
            raise ConfigError(
                "gradient_penalty asks for the slope at each image alone, and batch norms mix the "
                "images of a batch: set method.discriminator_norm=layer"
            )
        widths, judging = self.channels(task), self.discriminator_channels(task)
        code_size = self.z_size + self.style_size(task) + self.char_code
        nets = {
            "generator": DeepDecoder(code_size, widths),
            "styles": self.styles(task),
            "discriminator": DeepDiscriminator(
                judging, len(task.styles), self.char_code, self.discriminator_norm
            ),
        }
        for network in nets.values():
            network.apply(dcgan)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one step of the discriminator, then one of all that draws, at its turn."""
        return [
            self.discriminator_step(self._discriminator_losses, "discriminator"),
            Step(
                "generator",
                ("generator", "styles"),
                self._generator_losses,
                every=self.discriminator_steps,
            ),
        ]

    def betas(self, network: str) -> tuple[float, float]:  # noqa: ARG002
        """Return Adam's betas, the same for all networks."""
        return (self.momentum, 0.999)

    def discriminator_channels(self, task: Task) -> list[int]:
        """Return the channels of the discriminator's maps."""
        scale = self.discriminator_width / self.width
        return [max(1, round(scale * width)) for width in self.channels(task)]

    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw the batch's characters in its styles with codes z (B, Z); no source is looked at."""
        self.check_codes(z, len(batch))
        style = nets["styles"](batch.target_style).code
        char = char_codes(batch.char, self.char_code)
        return nets["generator"](torch.cat([z.to(style), style, char.to(style)], dim=1))  # type: ignore[no-any-return]

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        verdicts = self._seeing(nets, batch)(self._drawn(nets, batch))
        self.fool(terms, verdicts)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        with torch.no_grad():
            drawn = self._drawn(nets, batch)
        see, real, loss = self._seeing(nets, batch), batch.target, adversarial.discriminator_loss
        terms.add("real", self.adversarial, loss, see(real), self.kind, True)
        terms.add("drawn", self.adversarial, loss, see(drawn), self.kind, False)
        penalty = self.gradient_penalty, adversarial.gradient_penalty
        terms.add("gradient_penalty", *penalty, see, real, drawn)

    def _drawn(self, nets: Networks, batch: GlyphBatch) -> Tensor:
        like = batch.source.new_empty(len(batch), self.z_size)
        return self.draw(nets, batch, torch.randn_like(like))

    def _seeing(self, nets: Networks, batch: GlyphBatch) -> Discriminates:
        """Return the discriminator in sight of what was asked for."""
        char = char_codes(batch.char, self.char_code)
        return told(nets["discriminator"], batch.target_style, char)
