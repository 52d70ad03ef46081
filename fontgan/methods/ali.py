"""ALI: a decoder and an encoder learn as one, by a judge of glyphs with their codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import adversarial, latent
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import AdversarialMethod
from fontgan.methods._domains import InferringMethod, grown, mixed
from fontgan.methods.base import Count, Networks, Step
from fontgan.nn.blocks import at_least_float
from fontgan.nn.discriminators import Verdict
from fontgan.nn.init import dcgan
from fontgan.nn.labels import Labels
from fontgan.nn.unpadded import PLANS, JointDiscriminator, UnpaddedDecoder, UnpaddedEncoder


@dataclass(frozen=True)
class Ali(AdversarialMethod, InferringMethod):
    """ALI with the defaults of its authors' code for 64 px, told the hand.

    The encoder finds codes of glyphs, the decoder draws codes from N(0, 1), and a discriminator
    tells glyphs with found codes from codes with their drawings. Where it cannot, either is the
    other backwards. The hand is told by a label, and print is a hand; a code says all else, the
    character too.

    Deviations from the original, also with the ``paper`` preset: one grey channel; labels go to
    decoder and discriminator as they are, and not to the encoder, which so reads any hand; tanh for
    the sigmoid, beginning at nearly paper for the mean image.

    Attributes:
        width: channels of the largest maps of encoder and decoder.
        dropout: probability in front of the discriminator's layers.
    """

    paper: ClassVar[str] = "Dumoulin et al., Adversarially Learned Inference, ICLR 2017"
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/adversarial",
        "generator/adversarial_encoded",
        "discriminator/drawn",
    )

    z_size: Count = 256
    width: Count = 64
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    kind: Kind = "vanilla"
    rate: Annotated[float, Field(gt=0)] = 1e-4
    discriminator_rate: Annotated[float, Field(gt=0)] = 1e-4

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return decoder, encoder, labels and discriminator."""
        self.check_kind()
        if task.size not in PLANS:
            raise ConfigError(
                f"ali draws {' or '.join(map(str, PLANS))} px, not {task.size}; build the data "
                "with --size 64"
            )
        labels, size = Labels(len(task.styles)), task.size
        nets: dict[str, nn.Module] = {
            "decoder": UnpaddedDecoder(size, self.z_size + labels.size, self.width),
            "encoder": UnpaddedEncoder(size, self.z_size, self.width),
            "labels": labels,
            "discriminator": JointDiscriminator(
                size, self.z_size, labels.size, self.discriminator_width, self.dropout
            ),
        }
        for network in nets.values():
            network.apply(partial(dcgan, std=0.01))
        return nets

    def steps(self) -> Sequence[Step]:
        """Return a step of decoder and encoder, then the discriminator's, on the same drawings.

        So both are made of the same weights, as the authors' one step is.
        """
        return [
            Step("generator", ("decoder", "encoder"), self._generator_losses),
            self.discriminator_step(self._discriminator_losses, "discriminator"),
        ]

    def posterior(self, nets: Networks, glyphs: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and log variance (B, Z) of the codes of glyphs (B, 1, S, S)."""
        mean, log_variance = at_least_float(nets["encoder"](glyphs)).chunk(2, dim=1)
        return mean, log_variance

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        shown = mixed(batch, nets["labels"])
        label = nets["labels"](shown.domain)
        found = latent.sample(*self.posterior(nets, shown.images))
        z = torch.randn_like(found)
        drawn = grown(nets, z, label)
        terms.shared["shown"] = shown.images, found.detach(), drawn.detach(), z, label
        see, weight = nets["discriminator"], self.adversarial
        terms.add("adversarial", weight, _taken_for, see(drawn, z, label), self.kind, True)
        of_encoded = see(shown.images, found, label)
        terms.add("adversarial_encoded", weight, _taken_for, of_encoded, self.kind, False)

    def _discriminator_losses(self, nets: Networks, _batch: GlyphBatch, terms: Terms) -> None:
        images, found, drawn, z, label = terms.shared["shown"]
        see, loss = nets["discriminator"], adversarial.discriminator_loss
        terms.add("real", self.adversarial, loss, see(images, found, label), self.kind, True)
        terms.add("drawn", self.adversarial, loss, see(drawn, z, label), self.kind, False)


def _taken_for(verdicts: list[Verdict], kind: Kind, real: bool) -> Tensor:
    """Return the loss of what should be taken for what is real, or for what is drawn."""
    return adversarial.discriminator_loss(verdicts, "wgan" if kind == "hinge" else kind, real)
