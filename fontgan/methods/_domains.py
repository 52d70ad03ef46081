"""What methods share to which print is one hand more: domains, of which all images are one kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch
from fontgan.data.task import Pairing
from fontgan.methods._adversarial import PenalisedAdversarialMethod
from fontgan.methods.base import CodedMethod, Method, Networks


@dataclass(frozen=True)
class Mixed:
    """The prints and the written glyphs of a batch of B pairs, which are no pairs: 2 B images.

    Attributes:
        images: (2 B, 1, S, S), first the prints.
        domain: (2 B,) which hand each is in; print is one too, behind the hands.
        order: (2 B,) places of the images whose domains they shall be drawn in.
    """

    images: Tensor
    domain: Tensor
    order: Tensor

    @property
    def wanted(self) -> Tensor:
        """Return the domains (2 B,) that the images shall be drawn in."""
        return self.domain[self.order]


def mixed(batch: GlyphBatch, labels: nn.Module) -> Mixed:
    """Return all images of a batch, and what to draw of them, where `Labels` are given.

    Prints are wanted in the hands of the batch, for that is what is drawn of them in the end; what
    is written in the hands of any image, print's too, each as often as it is among them.
    """
    count, device = len(batch), batch.source.device
    hands = count + torch.randperm(count, device=device)
    any_hand = torch.randperm(2 * count, device=device)[:count]
    domain = torch.cat([labels(batch.target_style, "print"), batch.target_style])
    return Mixed(torch.cat([batch.source, batch.target]), domain, torch.cat([hands, any_hand]))


@dataclass(frozen=True)
class MixedMethod(Method):
    """A method that learns on `mixed` batches."""

    pairing: ClassVar[Pairing] = "unpaired"

    @property
    def mixes_styles(self) -> bool:
        """Hands can be mixed, by their labels or by what is made of these."""
        return True


@dataclass(frozen=True)
class DomainMethod(MixedMethod, PenalisedAdversarialMethod):
    """A method with one generator, which turns images of any hand, print too, into any other."""

    rate: Annotated[float, Field(gt=0)] = 1e-4
    discriminator_rate: Annotated[float, Field(gt=0)] = 1e-4


@dataclass(frozen=True)
class InferringMethod(MixedMethod, CodedMethod):
    """A method that grows glyphs from a code and a label, and finds the codes of glyphs.

    A code says all of a glyph but the hand: that of a print, or of what is written, is drawn in
    another hand by another label.
    """

    averaged: ClassVar[tuple[str, ...]] = ("decoder", "encoder", "labels")
    whole: ClassVar[bool] = True

    def draw(self, nets: Networks, batch: GlyphBatch, z: Tensor) -> Tensor:
        """Draw the glyphs of codes z (B, Z) in the batch's hands; no source is looked at."""
        self.check_codes(z, len(batch))
        return grown(nets, z, nets["labels"](batch.target_style))

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw the codes of the sources in the target hands; there is no noise in it."""
        return self.draw(nets, batch, self.encode(nets, batch.source))


def grown(nets: Networks, z: Tensor, label: Tensor) -> Tensor:
    """Draw (B, 1, S, S) from codes (B, Z) and labels (B, L)."""
    return nets["decoder"](torch.cat([z.to(label), label], dim=1))  # type: ignore[no-any-return]
