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
from fontgan.losses import flows, images, strokes, verdicts
from fontgan.losses.perceptual import perceptual
from fontgan.losses.terms import Terms
from fontgan.methods.base import Count, Method, Networks, Step, Weight
from fontgan.nn.critics import MultiScaleCritic
from fontgan.nn.flow import FlowDecoder, Looks, warp
from fontgan.nn.init import dcgan
from fontgan.nn.style import StyleTable
from fontgan.nn.unet import UNetEncoder, unet_channels


@dataclass(frozen=True)
class Inkflow(Method):
    """A U-Net whose finest skips, and the source itself, flow to where the hand wants them.

    A CNN that redraws a glyph loses thin strokes and joins others wrongly. Here the decoder
    predicts a displacement field, coarse first and corrected at every finer level, warps by it
    what the encoder saw, and only then draws: a stroke of the source arrives as a stroke. The
    style modulates every decoder level, and a loss on centre lines counts every stroke alike,
    however thin. It is zi2zi's task and data; what its parts are worth is in docs/quality.md.

    Attributes:
        full_width: channels of the level of the image's own size.
        width: channels of the first halved level; they double at each level up to ``max_width``.
        max_width: most channels of a level.
        code_size: length of a style's code at the bottleneck.
        flow_levels: how many of the finest levels are warped; with 0 nothing flows.
        reach: longest flow of one level, as a share of the image side.
        style_at: ``levels``, the style modulates every decoder level, or only the ``bottleneck``.
        upsampling: ``transposed`` convolutions, or ``resized``, repeated pixels and a convolution.
        blocks: residual blocks at 16 x 16 places.
        attention: at 16 x 16 places, to the drawing so far (``self``) or to the source (``cross``).
        critic_width: channels of the discriminator's first level.
        critic_layers: halvings in a discriminator.
        critic_scales: sizes of the image that the discriminator judges.
        projection: the discriminator judges in sight of the style that was asked for.
        kind: the adversarial loss, as for bicyclegan.
        adversarial: weight of the adversarial term; 0 trains no discriminator.
        classifier: weight of the style classification terms.
        r1: weight of the discriminator's squared slope at real images.
        feature_matching: weight of the distance of discriminator features.
        perceptual: weight of the distance in the eyes of fontgan's glyph network.
        l1: weight of the L1 distance to the target.
        pyramid: weight of the L1 distance of smaller copies.
        registration: weight of the same distance between the source, moved by the flow, and target.
        centre_lines: weight of the centre-line Dice, lost and added strokes alike.
        lost_lines: weight of the lost strokes alone.
        distance_maps: weight of the difference of distance maps, in pixels.
        bending: weight of how unevenly the flow moves neighbours, in pixels.
        rate: initial learning rate of all that draws.
        momentum: Adam's first beta, of all that draws.
        critic_rate: initial learning rate of the discriminator.
    """

    paper: ClassVar[str] = (
        "fontgan's own, after zi2zi (Tian 2017), spatial transformers (Jaderberg et al. 2015) and "
        "clDice (Shit et al. 2021)"
    )
    averaged: ClassVar[tuple[str, ...]] = ("encoder", "decoder", "styles")
    style_table: ClassVar[str | None] = "styles"

    full_width: Count = 8
    width: Count = 32
    max_width: Count = 128
    code_size: Count = 32
    flow_levels: Annotated[int, Field(ge=0)] = 2
    reach: Annotated[float, Field(gt=0, le=1)] = 0.15
    style_at: Literal["levels", "bottleneck"] = "levels"
    upsampling: Literal["transposed", "resized"] = "transposed"
    blocks: Annotated[int, Field(ge=0)] = 0
    attention: Looks = "none"
    critic_width: Count = 16
    critic_layers: Count = 2
    critic_scales: Count = 1
    projection: bool = False
    kind: Literal["lsgan", "vanilla", "hinge"] = "lsgan"
    adversarial: Weight = 0.05
    classifier: Weight = 0.0
    r1: Weight = 0.0
    feature_matching: Weight = 0.0
    perceptual: Weight = 0.0
    l1: Weight = 100.0
    pyramid: Weight = 0.0
    registration: Weight = 0.0
    centre_lines: Weight = 0.0
    lost_lines: Weight = 10.0
    distance_maps: Weight = 0.0
    bending: Weight = 0.0
    rate: Annotated[float, Field(gt=0)] = 5e-3
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.5
    critic_rate: Annotated[float, Field(gt=0)] = 2e-4

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return encoder, decoder, styles and, where it has a weight, the discriminator."""
        self._check(task)
        channels = unet_channels(task.size, self.width, self.max_width, self.full_width)
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
        if self._judged:
            nets["discriminator"] = MultiScaleCritic(
                self.critic_width,
                self.critic_layers,
                self.critic_scales,
                len(task.styles) if self.classifier else 0,
                images=2,
                projected=len(task.styles) if self.projection else 0,
            )
        for network in nets.values():
            network.apply(dcgan)
        decoder.start()
        return nets

    def steps(self) -> Sequence[Step]:
        """Return one step of all that draws, then one of the discriminator."""
        draw = Step("generator", ("encoder", "decoder", "styles"), self._draw)
        judge = Step("discriminator", ("discriminator",), self._judge)
        return [draw, judge] if self._judged else [draw]

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

    def learning_rate(self, network: str) -> float:
        """Return ``critic_rate`` for the discriminator, ``rate`` for the others."""
        return self.critic_rate if network == "discriminator" else self.rate

    def betas(self, network: str) -> tuple[float, float]:
        """Return Adam's betas for a network."""
        return (0.5 if network == "discriminator" else self.momentum, 0.999)

    @property
    def _judged(self) -> bool:
        return bool(self.adversarial or self.classifier or self.feature_matching)

    def _check(self, task: Task) -> None:
        smallest = MultiScaleCritic.smallest_size(self.critic_layers, self.critic_scales)
        if not math.log2(task.size).is_integer() or task.size < smallest:
            raise ConfigError(
                f"inkflow with these discriminators draws {smallest} px or a power of two above "
                f"it, not {task.size} px; build the data with --size {smallest}"
            )
        if not self._judged and (self.projection or self.r1):
            raise ConfigError(
                "projection and r1 are of the discriminator, and adversarial = 0 leaves that out"
            )
        if not self.flow_levels and (self.registration or self.bending):
            raise ConfigError("registration and bending move a flow, and flow_levels = 0 has none")
        levels = int(math.log2(task.size))
        if self.flow_levels > levels:
            raise ConfigError(f"flow_levels = {self.flow_levels}: {task.size} px has {levels}")

    def _draw(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        drawn, flow = self.flow(nets, batch)
        terms.shared["drawn"] = drawn.detach()
        terms.add("l1", self.l1, images.l1, drawn, batch.target)
        terms.add("pyramid", self.pyramid, images.pyramid, drawn, batch.target)
        terms.add("registration", self.registration, _registration, batch, flow)
        terms.add("centre_lines", self.centre_lines, strokes.centre_lines, drawn, batch.target)
        terms.add("lost_lines", self.lost_lines, strokes.lost_lines, drawn, batch.target)
        terms.add("distance_maps", self.distance_maps, strokes.distance_maps, drawn, batch.target)
        terms.add("bending", self.bending, flows.bending, flow)
        terms.add("perceptual", self.perceptual, perceptual, drawn, batch.target)
        if self._judged:
            self._fool(nets["discriminator"], batch, drawn, terms)

    def _fool(self, critic: nn.Module, batch: GlyphBatch, drawn: Tensor, terms: Terms) -> None:
        said = critic(torch.cat([batch.source, drawn], dim=1), batch.target_style)
        terms.add("adversarial", self.adversarial, verdicts.fool, said, self.kind)
        terms.add("classifier", self.classifier, verdicts.category, said, batch.target_style)
        if self.feature_matching:
            with torch.no_grad():
                real = critic(torch.cat([batch.source, batch.target], dim=1), batch.target_style)
            terms.add(
                "feature_matching", self.feature_matching, verdicts.feature_matching, said, real
            )

    def _judge(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        critic = nets["discriminator"]
        written = torch.cat([batch.source, batch.target], dim=1).requires_grad_(self.r1 > 0)
        real = critic(written, batch.target_style)
        drawn = critic(torch.cat([batch.source, terms.shared["drawn"]], 1), batch.target_style)
        weight = self.adversarial or 1.0
        terms.add("real", weight, verdicts.judge, real, self.kind, True)
        terms.add("drawn", weight, verdicts.judge, drawn, self.kind, False)
        terms.add("r1", self.r1, verdicts.r1, real, written)
        terms.add("classifier", self.classifier, verdicts.category, real, batch.target_style)


def _registration(batch: GlyphBatch, flow: Tensor) -> Tensor:
    return images.pyramid(warp(batch.source, flow), batch.target)
