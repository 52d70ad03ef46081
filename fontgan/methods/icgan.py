"""IcGAN: a conditional GAN, and an encoder that finds the codes of its drawings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.losses import adversarial, latent
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import AdversarialMethod
from fontgan.methods._deep import GrowingMethod
from fontgan.methods._domains import InferringMethod, Mixed, grown, mixed
from fontgan.methods.base import Count, Networks, Step, Weight
from fontgan.nn.deep import DeepDecoder, deep_channels
from fontgan.nn.deep_labelled import DenseEncoder, LabelledDeepDiscriminator
from fontgan.nn.init import dcgan
from fontgan.nn.labels import Labels


@dataclass(frozen=True)
class IcGan(AdversarialMethod, InferringMethod, GrowingMethod):
    """IcGAN with the defaults of its authors' code.

    A DCGAN is told a hand by a label; a code from N(0, 1) says all else, the character too. The
    encoder learns on drawings, whose codes are known, to find codes; of a glyph that was written,
    or printed, it then finds one that another label draws in another hand. Print is a hand as well.

    Deviations from the original, also with the ``paper`` preset: one grey channel; the encoder
    learns beside the other networks, not after them; and the original's second encoder, of labels,
    is left out, for it is known who wrote a glyph.

    Attributes:
        encoder_width: channels of the encoder's first maps; every halving doubles them.
        encoder_dense: units of the encoder's dense layer.
        wrong: weight of the discriminator's term of written glyphs beside labels of other hands.
        code: weight of the squared distance between the code of a drawing and what is found.
        encoder_rate: initial learning rate of the encoder.
    """

    paper: ClassVar[str] = (
        "Perarnau et al., Invertible Conditional GANs for Image Editing, NIPS workshop 2016"
    )
    main_losses: ClassVar[tuple[str, ...]] = (
        "encoder/code",
        "generator/adversarial",
        "discriminator/drawn",
    )

    z_size: Count = 100
    encoder_width: Count = 32
    encoder_dense: Count = 4096
    kind: Kind = "vanilla"
    wrong: Weight = 0.5
    code: Weight = 1.0
    encoder_rate: Annotated[float, Field(gt=0)] = 1e-4

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return generator, called decoder, encoder, labels and discriminator."""
        self.check_kind()
        channels, labels = self.channels(task), Labels(len(task.styles), off=-1.0)
        judging = deep_channels(task.size, self.discriminator_width)
        reading = deep_channels(task.size, self.encoder_width)
        nets: dict[str, nn.Module] = {
            "decoder": DeepDecoder(self.z_size + labels.size, channels),
            "encoder": DenseEncoder(reading, self.z_size, self.encoder_dense),
            "labels": labels,
            "discriminator": LabelledDeepDiscriminator(judging, labels.size),
        }
        for network in nets.values():
            network.apply(dcgan)
        return nets

    def steps(self) -> Sequence[Step]:
        """Return a step of the discriminator, one of the generator and one of the encoder."""
        return [
            self.discriminator_step(self._discriminator_losses, "discriminator"),
            Step("generator", ("decoder",), self._generator_losses),
            Step("encoder", ("encoder",), self._encoder_losses),
        ]

    def learning_rate(self, network: str) -> float:
        """Return ``encoder_rate`` for the encoder."""
        return self.encoder_rate if network == "encoder" else super().learning_rate(network)

    def betas(self, network: str) -> tuple[float, float]:
        """Return Adam's betas; the encoder's are its own."""
        return (0.1 if network == "encoder" else 0.5, 0.999)

    def encode(self, nets: Networks, glyphs: Tensor) -> Tensor:
        """Return the codes (B, Z) that the encoder finds in glyphs (B, 1, S, S)."""
        return nets["encoder"](glyphs)  # type: ignore[no-any-return]

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        shown = terms.shared["shown"] = mixed(batch, nets["labels"])
        label, wrong = nets["labels"](shown.domain), nets["labels"](shown.wanted)
        with torch.no_grad():
            drawn, _ = self._drawn(nets, label)
        see, loss, kind = nets["discriminator"], adversarial.discriminator_loss, self.kind
        terms.add("real", self.adversarial, loss, see(shown.images, label), kind, True)
        terms.add("drawn", self.adversarial / 2, loss, see(drawn, label), kind, False)
        terms.add("wrong", self.wrong, _unfit, nets, shown.images, wrong, kind)

    def _generator_losses(self, nets: Networks, _batch: GlyphBatch, terms: Terms) -> None:
        shown: Mixed = terms.shared["shown"]
        label = nets["labels"](shown.domain)
        drawn, z = self._drawn(nets, label)
        terms.shared["drawn"] = drawn.detach(), z
        self.fool(terms, nets["discriminator"](drawn, label))

    def _encoder_losses(self, nets: Networks, _batch: GlyphBatch, terms: Terms) -> None:
        drawn, z = terms.shared["drawn"]
        terms.add("code", self.code, latent.constant, self.encode(nets, drawn), z)

    def _drawn(self, nets: Networks, label: Tensor) -> tuple[Tensor, Tensor]:
        """Draw random codes in labels (2 B, L); return the drawings and the codes."""
        z = torch.randn(len(label), self.z_size).to(label)
        return grown(nets, z, label), z


def _unfit(nets: Networks, image: Tensor, label: Tensor, kind: Kind) -> Tensor:
    return adversarial.discriminator_loss(nets["discriminator"](image, label), kind, False)
