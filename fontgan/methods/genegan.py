"""GeneGAN: the hand as an attribute that is taken out of written glyphs and put into print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.data.task import Pairing
from fontgan.errors import ConfigError
from fontgan.losses import images
from fontgan.losses.adversarial import Kind
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import Discriminates, PenalisedAdversarialMethod, told
from fontgan.methods._sides import (
    SIDES,
    add_fooling,
    add_sides,
    add_telling,
    glyphs,
    leave_drawn,
)
from fontgan.methods._tasks import check_halved
from fontgan.methods.base import Count, Networks, Step, Weight
from fontgan.nn.deep import DeepDiscriminator
from fontgan.nn.exemplars import Exemplars
from fontgan.nn.init import dcgan
from fontgan.nn.splitting import Joiner, Splitter


@dataclass(frozen=True)
class GeneGan(PenalisedAdversarialMethod):
    """GeneGAN with the defaults of its authors' code: written glyphs have a hand, print has none.

    One network splits a glyph into content and attribute, one joins these to a glyph. A written
    glyph's attribute joined to a printed one's content shall pass for written, a written one's
    content without attribute for print. A model keeps a few glyphs of every hand, of which the
    attributes come when it draws.

    Deviations from the original, also with the ``paper`` preset: one grey channel in [-1, 1], with
    weights that mean the same; the networks that draw move before the discriminators, so that both
    see one drawing, and each moves once an iteration; with several hands the discriminator of
    written glyphs sees whose hand was asked for. Hands have no codes: where styles are to be mixed,
    their attributes are.

    Attributes:
        width: channels of the maps of half the image's side.
        exemplars: glyphs kept of every hand.
        discriminator_norm: ``batch``, ``layer``, ``instance`` or ``none``.
        weight_decay: pull of the weights of what splits and joins towards 0.
        reconstruction: weight of the L1 distance of a glyph and what is joined of its own parts.
        nothing: weight of the mean size of the attribute of print, which should have none.
        parallelogram: weight of the L1 distance of the two glyphs' sum from that of the two
            drawings with swapped attributes.
    """

    paper: ClassVar[str] = (
        "Zhou et al., GeneGAN: Learning Object Transfiguration and Attribute Subspace from "
        "Unpaired Data, BMVC 2017"
    )
    averaged: ClassVar[tuple[str, ...]] = ("splitter", "joiner", "exemplars")
    pairing: ClassVar[Pairing] = "unpaired"
    main_losses: ClassVar[tuple[str, ...]] = (
        "generator/reconstruction_written",
        "generator/adversarial_written",
        "discriminator/drawn_written",
    )

    width: Count = 128
    exemplars: Annotated[int, Field(ge=1, le=64)] = 4
    discriminator_width: Count = 128
    discriminator_norm: Literal["batch", "layer", "instance", "none"] = "batch"
    kind: Kind = "wgan"
    weight_clip: Annotated[float, Field(ge=0)] = 0.01
    weight_decay: Annotated[float, Field(ge=0)] = 5e-5
    rate: Annotated[float, Field(gt=0)] = 5e-5
    discriminator_rate: Annotated[float, Field(gt=0)] = 5e-5
    reconstruction: Weight = 0.5
    nothing: Weight = 1.0
    parallelogram: Weight = 1.275

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return what splits and joins, a discriminator of each side, and the kept glyphs."""
        self._check(task)
        halvings = task.size.bit_length() - 3  # down to 4 pixels
        channels = [self.discriminator_width * min(2**level, 4) for level in range(halvings)]
        nets: dict[str, nn.Module] = {
            "splitter": Splitter(self.width),
            "joiner": Joiner(self.width),
        }
        for side, styles in (("printed", 1), ("written", len(task.styles))):
            nets[f"discriminator_{side}"] = DeepDiscriminator(
                channels, styles, norm_kind=self.discriminator_norm
            )
        for network in nets.values():
            network.apply(dcgan)
        return nets | {"exemplars": Exemplars(len(task.styles), self.exemplars, task.size)}

    def steps(self) -> Sequence[Step]:
        """Return one step of what splits and joins, then one of both discriminators."""
        both = (f"discriminator_{side}" for side in SIDES)
        return [
            Step("generator", ("splitter", "joiner"), self._generator_losses),
            self.discriminator_step(self._discriminator_losses, *both),
        ]

    def optimiser(
        self,
        network: str,
        weights: Sequence[nn.Parameter],
        fused: bool,  # noqa: ARG002
    ) -> torch.optim.Optimizer:
        """Return RMSprop, which takes mean squares over five steps or so, as the authors do."""
        decay = self.weight_decay if network in self.averaged else 0.0
        rate = self.learning_rate(network)
        return torch.optim.RMSprop(weights, lr=rate, alpha=0.8, weight_decay=decay)

    @property
    def mixes_styles(self) -> bool:
        """Attributes of hands can be mixed."""
        return True

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw with the attributes of the kept glyphs; there is no noise in it."""
        content, _ = nets["splitter"](batch.source)
        exemplars, style = nets["exemplars"], batch.target_style
        assert isinstance(exemplars, Exemplars)
        hands = exemplars.attributes(nets["splitter"])
        if style.is_floating_point():
            return nets["joiner"](content, torch.tensordot(style.to(hands), hands, dims=1))  # type: ignore[no-any-return]
        return nets["joiner"](content, hands[style])  # type: ignore[no-any-return]

    def _check(self, task: Task) -> None:
        self.check_kind(self.gradient_penalty)
        if (self.gradient_penalty or self.r1) and self.discriminator_norm == "batch":
            raise ConfigError(
                "gradient_penalty and r1 ask for the slope at each image alone, and batch norms "
                "mix the images of a batch: set method.discriminator_norm=layer"
            )
        check_halved(task)

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        real, join = glyphs(batch), nets["joiner"]
        nets["exemplars"](batch.target, batch.target_style)
        printed, none = nets["splitter"](batch.source)
        written, hand = nets["splitter"](batch.target)
        drawn = {"written": join(printed, hand), "printed": join(written, torch.zeros_like(hand))}
        own = {"written": (written, hand), "printed": (printed, torch.zeros_like(none))}
        leave_drawn(terms, drawn)
        add_fooling(self, terms, _seeing(nets, batch), drawn)

        def rejoined(parts: tuple[Tensor, Tensor], wanted: Tensor) -> Tensor:
            return images.l1(join(*parts), wanted)

        add_sides(terms, "reconstruction", self.reconstruction, rejoined, own, real)
        terms.add("nothing", self.nothing, images.l1, none, torch.zeros_like(none))
        sums = drawn["written"] + drawn["printed"], batch.source + batch.target
        terms.add("parallelogram", self.parallelogram, images.l1, *sums)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        drawn, see = terms.shared["drawn"][""], _seeing(nets, batch)
        add_telling(self, terms, see, glyphs(batch), drawn, self.adversarial)


def _seeing(nets: Networks, batch: GlyphBatch) -> dict[str, Discriminates]:
    """Return each side's discriminator; that of the written side sees the styles asked for."""
    asked = batch.target_style, batch.char
    return {side: told(nets[f"discriminator_{side}"], *asked) for side in SIDES}
