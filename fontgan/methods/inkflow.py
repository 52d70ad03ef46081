"""inkflow: strokes are moved from print to hand, not redrawn; fontgan's own method."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import flows, images, strokes
from fontgan.losses.perceptual import perceptual
from fontgan.losses.terms import Terms
from fontgan.methods._adversarial import told
from fontgan.methods._patches import PairedAdversarialMethod
from fontgan.methods._unet import UNetMethod
from fontgan.methods.base import Count, CountOrNone, Networks, Step, Weight
from fontgan.nn.flow import FlowDecoder, Looks
from fontgan.nn.init import dcgan
from fontgan.nn.style import StyleTable
from fontgan.nn.unet import UNetEncoder


@dataclass(frozen=True)
class Inkflow(UNetMethod, PairedAdversarialMethod):
    """A U-Net whose finest skips, and the source itself, flow to where the hand wants them.

    A CNN that redraws a glyph loses thin strokes and joins others wrongly. Here the decoder
    predicts a displacement field, coarse first and corrected at every finer level, warps by it
    what the encoder saw, and only then draws: a stroke of the source arrives as a stroke. The
    style modulates every decoder level, and a loss on centre lines counts every stroke alike,
    however thin. It is zi2zi's task and data; what its parts are worth is in docs/quality.md.

    Attributes:
        code_size: length of a style's code at the bottleneck.
        flow_levels: how many of the finest levels are warped; with 0 nothing flows.
        reach: longest flow of one level, as a share of the image side.
        style_at: ``levels``, the style modulates every decoder level, or only the ``bottleneck``.
        upsampling: ``transposed`` convolutions, or ``resized``, repeated pixels and a convolution.
        blocks: residual blocks at 16 x 16 places.
        attention: at 16 x 16 places, to the drawing so far (``self``) or to the source (``cross``).
        projection: the discriminator sees the style that was asked for.
        pyramid: weight of the L1 distance of smaller copies.
        registration: weight of the same distance between the source, moved by the flow, and target.
        centre_lines: weight of the centre-line Dice, lost and added strokes alike.
        lost_lines: weight of the lost strokes alone.
        distance_maps: weight of the difference of distance maps, in pixels.
        bending: weight of how unevenly the flow moves neighbours, in pixels.
        momentum: Adam's first beta, of all that draws.
    """

    paper: ClassVar[str] = (
        "fontgan's own, after zi2zi (Tian 2017), spatial transformers (Jaderberg et al. 2015) and "
        "clDice (Shit et al. 2021)"
    )
    averaged: ClassVar[tuple[str, ...]] = ("encoder", "decoder", "styles")

    full_width: Count = 8
    width: Count = 32
    max_width: Count = 128
    code_size: Count = 32
    flow_levels: CountOrNone = 2
    reach: Annotated[float, Field(gt=0, le=1)] = 0.15
    style_at: Literal["levels", "bottleneck"] = "levels"
    upsampling: Literal["transposed", "resized"] = "transposed"
    blocks: Annotated[int, Field(ge=0, le=64)] = 0
    attention: Looks = "none"
    discriminator_width: Count = 16
    discriminator_layers: Count = 2
    projection: bool = False
    adversarial: Weight = 0.05
    pyramid: Weight = 0.0
    registration: Weight = 0.0
    centre_lines: Weight = 0.0
    lost_lines: Weight = 10.0
    distance_maps: Weight = 0.0
    bending: Weight = 0.0
    rate: Annotated[float, Field(gt=0)] = 5e-3
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.5

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return encoder, decoder, styles and, where it has a weight, the discriminator."""
        self._check(task)
        channels = self.channels(task)
        decoder = FlowDecoder(
            channels,
            self.code_size,
            self.flow_levels,
            self.reach,
            resized=self.upsampling == "resized",
            blocks=self.blocks,
            attention=self.attention,
        )
        modulated = decoder.modulated if self.style_at == "levels" else ()
        nets: dict[str, nn.Module] = {
            "encoder": UNetEncoder(channels, 4, "instance", full=True),
            "decoder": decoder,
            "styles": StyleTable(len(task.styles), self.code_size, modulated),
        }
        if self._discriminates:
            nets["discriminator"] = self.patches(task, 2, projected=self.projection)
        for network in nets.values():
            network.apply(dcgan)
        decoder.start()
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one step of all that draws, then one of the discriminator."""
        generator = Step("generator", ("encoder", "decoder", "styles"), self._generator_losses)
        discriminator = self.discriminator_step(self._discriminator_losses, "discriminator")
        return [generator, discriminator] if self._discriminates else [generator]

    def translate(
        self,
        nets: Networks,
        batch: GlyphBatch,
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Tensor:
        """Draw; there is no noise in it."""
        return self.flow(nets, batch)[0]

    def translate_styles(
        self,
        nets: Networks,
        source: GlyphBatch,
        styles: Sequence[Tensor],
        generator: torch.Generator | None = None,  # noqa: ARG002
    ) -> Iterator[Tensor]:
        """Draw the same sources in several styles: the encoder works once for all of them."""
        levels = nets["encoder"](source.source)
        for style in styles:
            yield nets["decoder"](source.source, levels, nets["styles"](style))[0]

    def flow(self, nets: Networks, batch: GlyphBatch) -> tuple[Tensor, Tensor]:
        """Return the drawings (B, 1, S, S) and the flows behind them (B, 2, S, S), in sides."""
        levels = nets["encoder"](batch.source)
        style = nets["styles"](batch.target_style)
        return nets["decoder"](batch.source, levels, style)  # type: ignore[no-any-return]

    def betas(self, network: str) -> tuple[float, float]:
        """Return Adam's betas for a network."""
        return (0.5 if network == "discriminator" else self.momentum, 0.999)

    @property
    def _discriminates(self) -> bool:
        return bool(self.adversarial or self.classifier or self.feature_matching)

    def _check(self, task: Task) -> None:
        self.check_size(task)
        if not self._discriminates and (self.projection or self.r1 or self.gradient_penalty):
            raise ConfigError(
                "projection, r1 and gradient_penalty are of the discriminator, and adversarial = 0 "
                "leaves that out"
            )
        if not self.flow_levels and (self.registration or self.bending):
            raise ConfigError("registration and bending move a flow, and flow_levels = 0 has none")
        levels = int(math.log2(task.size))
        if self.flow_levels > levels:
            raise ConfigError(
                f"flow_levels = {self.flow_levels}: images of {task.size} px allow {levels} at most"
            )

    def _generator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        drawn, flow = self.flow(nets, batch)
        terms.shared["drawn"] = drawn.detach()
        terms.add("l1", self.l1, images.l1, drawn, batch.target)
        terms.add("pyramid", self.pyramid, images.pyramid, drawn, batch.target)
        moved = batch.source, flow, batch.target
        terms.add("registration", self.registration, flows.registration, *moved)
        terms.add("centre_lines", self.centre_lines, strokes.centre_lines, drawn, batch.target)
        terms.add("lost_lines", self.lost_lines, strokes.lost_lines, drawn, batch.target)
        terms.add("distance_maps", self.distance_maps, strokes.distance_maps, drawn, batch.target)
        terms.add("bending", self.bending, flows.bending, flow)
        terms.add("perceptual", self.perceptual, perceptual, drawn, batch.target)
        if self._discriminates:
            seen = told(nets["discriminator"], batch.target_style)
            shown, real = _shown(batch, drawn)
            self.generator_terms(terms, seen, shown, batch.target_style, real)

    def _discriminator_losses(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        seen = told(nets["discriminator"], batch.target_style)
        drawn, real = _shown(batch, terms.shared["drawn"])
        weight = self.adversarial or 1.0
        self.classified_terms(terms, seen, real, drawn, batch.target_style, weight)


def _shown(batch: GlyphBatch, drawn: Tensor) -> tuple[Tensor, Tensor]:
    """Return what the discriminator is shown of drawings and of targets: with the source."""
    first, second = (torch.cat([batch.source, image], dim=1) for image in (drawn, batch.target))
    return first, second
