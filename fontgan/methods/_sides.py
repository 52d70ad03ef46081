"""What methods share that have networks for each side, print and hand, and see no pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.task import Pairing
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import Discriminates, PenalisedAdversarialMethod, told
from fontgan.methods._patches import PatchAdversarialMethod
from fontgan.methods.base import Count, Networks, Weight
from fontgan.nn.init import dcgan
from fontgan.nn.scaled_discriminator import ScaledDiscriminator

SIDES = ("printed", "written")
OTHER = {"printed": "written", "written": "printed"}
Sides = Mapping[str, Tensor]  # what is there of each side


@dataclass(frozen=True)
class TwoSidedMethod(PatchAdversarialMethod):
    """A method that learns from printed and from written glyphs that are no pairs.

    Networks and losses that belong to a side are called ``..._printed`` and ``..._written``. The
    discriminators have no norms and are all of one width. With several hands that of the written
    side also sees whose hand was asked for.

    Attributes:
        width: channels of encoders and decoders at the size of the image.
        blocks: residual blocks of each encoder and each decoder.
        weight_decay: pull of all weights towards 0, as Adam's gradients have it.
    """

    pairing: ClassVar[Pairing] = "unpaired"
    style_table: ClassVar[str | None] = "styles"

    width: Count = 64
    blocks: Annotated[int, Field(ge=1, le=64)] = 4
    weight_decay: Annotated[float, Field(ge=0)] = 1e-4
    discriminator_layers: Annotated[int, Field(ge=1, le=10)] = 4
    discriminator_scales: Annotated[int, Field(ge=1, le=10)] = 3
    rate: Annotated[float, Field(gt=0)] = 1e-4
    discriminator_rate: Annotated[float, Field(gt=0)] = 1e-4

    def weight_decay_of(self, network: str) -> float:
        """Return ``weight_decay``, of which the table of styles bears none."""
        return 0.0 if network == self.style_table else self.weight_decay

    @property
    def smallest_size(self) -> int:
        """The smallest image side that the discriminators can look at."""
        layers, scales = self.discriminator_layers, self.discriminator_scales
        return ScaledDiscriminator.smallest_size(layers, scales)

    def discriminators(
        self, task: Task, slope: float = 0.2, suffix: str = ""
    ) -> dict[str, nn.Module]:
        """Return a fresh discriminator of each side, called ``discriminator[suffix]_[side]``.

        Raises:
            ConfigError: they cannot look at images of the task's size.
        """
        self.check_size(task, least=16)
        hands = len(task.styles)
        seen = {"printed": 0, "written": hands if hands > 1 else 0}
        shape = self.discriminator_width, self.discriminator_layers, self.discriminator_scales
        return {
            f"discriminator{suffix}_{side}": ScaledDiscriminator(
                *shape, slope, projected=seen[side]
            ).apply(dcgan)
            for side in SIDES
        }

    def seeing(
        self, nets: Networks, batch: GlyphBatch, suffix: str = ""
    ) -> Mapping[str, Discriminates]:
        """Return each side's discriminator; that of the written side sees the styles asked for."""
        return {
            "printed": nets[f"discriminator{suffix}_printed"],
            "written": told(nets[f"discriminator{suffix}_written"], batch.target_style),
        }

    def fooling_terms(
        self, terms: Terms, nets: Networks, batch: GlyphBatch, drawn: Sides, suffix: str = ""
    ) -> None:
        """Add the losses of drawings of each side that should pass for its real glyphs."""
        add_fooling(self, terms, self.seeing(nets, batch, suffix), drawn, suffix)

    def discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        """Add the discriminators' losses, of the drawings that the generators' steps have left."""
        for suffix, drawn in terms.shared["drawn"].items():
            see = self.seeing(nets, batch, suffix)
            add_telling(self, terms, see, glyphs(batch), drawn, self.adversarial, suffix)


def glyphs(batch: GlyphBatch) -> Sides:
    """Return the real glyphs (B, 1, S, S) of each side."""
    return {"printed": batch.source, "written": batch.target}


def each_side(function: Callable[[str], Tensor]) -> Sides:
    """Return what a function says of each side."""
    return {side: function(side) for side in SIDES}


def leave_drawn(terms: Terms, drawn: Sides, suffix: str = "") -> None:
    """Leave drawings to the step of the discriminators with that suffix."""
    left = terms.shared.setdefault("drawn", {})
    left[suffix] = {side: images.detach() for side, images in drawn.items()}


def add_sides(
    terms: Terms,
    name: str,
    weight: Weight,
    function: Callable[..., Tensor],
    *arguments: Mapping[str, Any],
) -> None:
    """Add a term of each side, of what there is of that side."""
    for side in SIDES:
        terms.add(f"{name}_{side}", weight, function, *(some[side] for some in arguments))


def add_fooling(
    method: PenalisedAdversarialMethod,
    terms: Terms,
    see: Mapping[str, Discriminates],
    drawn: Sides,
    suffix: str = "",
) -> None:
    """Add the losses of drawings of each side, by its discriminator, that should pass for real."""
    for side in SIDES:
        method.fool(terms, see[side](drawn[side]), f"{suffix}_{side}")


def add_telling(
    method: PenalisedAdversarialMethod,
    terms: Terms,
    see: Mapping[str, Discriminates],
    real: Sides,
    drawn: Sides,
    weight: float,
    suffix: str = "",
) -> None:
    """Add the losses of each side's discriminator, of what it is shown."""
    for side in SIDES:
        shown = real[side], drawn[side]
        method.discriminator_terms(terms, see[side], *shown, weight, f"{suffix}_{side}")


def noisy(maps: Tensor) -> Tensor:
    """Return maps with noise of variance 1, as a VAE's codes bear it in training."""
    return maps + torch.randn_like(maps)
