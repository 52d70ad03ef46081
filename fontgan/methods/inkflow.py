"""inkflow: strokes are moved from print to hand, not redrawn; fontgan's own method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from pydantic import Field
from torch import Tensor, nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import images, strokes, verdicts
from fontgan.losses.adversarial import Kind
from fontgan.losses.perceptual import perceptual
from fontgan.losses.terms import Terms
from fontgan.methods.base import Count, Method, Networks, Step, Weight
from fontgan.nn.critics import MultiScaleCritic
from fontgan.nn.flow import FlowDecoder
from fontgan.nn.init import dcgan
from fontgan.nn.style import StyleTable
from fontgan.nn.unet import UNetDecoder, UNetEncoder, unet_channels


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
        flow_levels: how many of the finest levels are warped.
        reach: longest flow of one level, as a share of the image side.
        critic_width: channels of the discriminator's first level.
        critic_layers: halvings in a discriminator.
        critic_scales: sizes of the image that the discriminator judges.
        kind: the adversarial loss, as for bicyclegan.
        adversarial: weight of the adversarial term; 0 trains no discriminator.
        classifier: weight of the style classification terms.
        feature_matching: weight of the distance of discriminator features.
        perceptual: weight of the distance in the eyes of fontgan's glyph network.
        l1: weight of the L1 distance to the target.
        centre_lines: weight of the centre-line Dice, lost and added strokes alike.
        lost_lines: weight of the lost strokes alone.
        rate: initial learning rate of all that draws.
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
    flow_levels: Count = 2
    reach: Annotated[float, Field(gt=0, le=1)] = 0.15
    critic_width: Count = 16
    critic_layers: Count = 2
    critic_scales: Count = 1
    kind: Kind = "lsgan"
    adversarial: Weight = 0.05
    classifier: Weight = 0.0
    feature_matching: Weight = 0.0
    perceptual: Weight = 0.0
    l1: Weight = 100.0
    centre_lines: Weight = 0.0
    lost_lines: Weight = 10.0
    rate: Annotated[float, Field(gt=0)] = 5e-3
    critic_rate: Annotated[float, Field(gt=0)] = 2e-4

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return encoder, decoder, styles and, where it has a weight, the discriminator."""
        self._check(task)
        channels = unet_channels(task.size, self.width, self.max_width, self.full_width)
        decoder = FlowDecoder(channels, self.code_size, self.flow_levels, self.reach)
        nets: dict[str, nn.Module] = {
            "encoder": UNetEncoder(channels, 4, "instance", full=True),
            "decoder": decoder,
            "styles": StyleTable(len(task.styles), self.code_size, UNetDecoder.modulated(channels)),
        }
        if self._judged:
            styles = len(task.styles) if self.classifier else 0
            nets["discriminator"] = MultiScaleCritic(
                self.critic_width, self.critic_layers, self.critic_scales, styles, images=2
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

    def flow(self, nets: Networks, batch: GlyphBatch) -> tuple[Tensor, Tensor]:
        """Return the drawings (B, 1, S, S) and the flows behind them (B, 2, S, S), in sides."""
        levels = nets["encoder"](batch.source)
        style = nets["styles"](batch.target_style)
        return nets["decoder"](batch.source, levels, style)  # type: ignore[no-any-return]

    def learning_rate(self, network: str) -> float:
        """Return ``critic_rate`` for the discriminator, ``rate`` for the others."""
        return self.critic_rate if network == "discriminator" else self.rate

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
        levels = int(math.log2(task.size))
        if self.flow_levels > levels:
            raise ConfigError(f"flow_levels = {self.flow_levels}: {task.size} px has {levels}")

    def _draw(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        drawn = self.translate(nets, batch)
        terms.shared["drawn"] = drawn.detach()
        terms.add("l1", self.l1, images.l1, drawn, batch.target)
        terms.add("centre_lines", self.centre_lines, strokes.centre_lines, drawn, batch.target)
        terms.add("lost_lines", self.lost_lines, strokes.lost_lines, drawn, batch.target)
        terms.add("perceptual", self.perceptual, perceptual, drawn, batch.target)
        if self._judged:
            self._fool(nets["discriminator"], batch, drawn, terms)

    def _fool(self, critic: nn.Module, batch: GlyphBatch, drawn: Tensor, terms: Terms) -> None:
        said = critic(torch.cat([batch.source, drawn], dim=1))
        terms.add("adversarial", self.adversarial, verdicts.fool, said, self.kind)
        terms.add("classifier", self.classifier, verdicts.category, said, batch.target_style)
        if self.feature_matching:
            with torch.no_grad():
                real = critic(torch.cat([batch.source, batch.target], dim=1))
            terms.add(
                "feature_matching", self.feature_matching, verdicts.feature_matching, said, real
            )

    def _judge(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        critic = nets["discriminator"]
        real = critic(torch.cat([batch.source, batch.target], dim=1))
        drawn = critic(torch.cat([batch.source, terms.shared["drawn"]], dim=1))
        weight = self.adversarial or 1.0
        terms.add("real", weight, verdicts.judge, real, self.kind, True)
        terms.add("drawn", weight, verdicts.judge, drawn, self.kind, False)
        terms.add("classifier", self.classifier, verdicts.category, real, batch.target_style)
