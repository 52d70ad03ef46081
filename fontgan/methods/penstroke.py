"""penstroke: a hand moves a pen along known strokes; fontgan's own method, and its vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import nn

from fontgan.data.batch import GlyphBatch, Task
from fontgan.errors import ConfigError
from fontgan.losses import covering, images, writing
from fontgan.losses.terms import Terms
from fontgan.methods.base import ENDS, Count, Networks, PenStrokes, Step, VectorMethod, Weight
from fontgan.nn.muon import Muon
from fontgan.nn.style import StyleTable
from fontgan.nn.writer import MODULATIONS, StrokeWriter

RADIUS = 0.028  # of a fresh pen, in sides
OWN = 0.1  # of what a hand's own modulations move: they are many, and a tenth as fast
REACH, PRESSURE = 0.1, 0.5  # what an output of 1 moves a point, in sides, and the log of a radius


@dataclass(frozen=True)
class Penstroke(VectorMethod):
    """A character's strokes go through a transformer, in a hand's style, and out comes a pen's way.

    The strokes come from stroke sets, in one or several layouts. Each hand has its own place among
    them, its own scale, shift and pen; each stroke, seen beside the others of its character, gets
    a displacement and a width at every point. A differentiable pen draws them, and the drawing is
    compared with the hand's glyph: no stroke can be lost, and what is learned has no resolution.

    Attributes:
        width: of the transformer's tokens.
        layers: of the transformer.
        heads: of its attention.
        dropout: probability, in its layers.
        relative: whether strokes look at each other by where they stand to each other.
        own: whether each hand, besides its code, has modulations of its own in every layer: more
            of it fits into what can be added to a model whose other hands stay as they are.
        learning_softness: of the pen's edge while it learns, in pixels: a softer one sees farther.
        coarse: share of the training that is drawn at half the size, where strokes meet sooner and
            the pen is four times as fast.
        lone: share of the training's glyphs that come in the first layout alone, as characters do
            that no derived set has.
        l1: weight of the L1 distance to the target.
        pyramid: weight of the L1 distance of smaller copies.
        lost: weight of how far the target's ink is from the drawn strokes, in pixels.
        missed: weight of the share of the target's centre lines with no ink near. Of 10, fewer
            strokes are missing, and they are heavier than the hand's (docs/quality.md).
        edges: weight of how far the drawing's four edges are from the target's, in pixels.
        ink: weight of how much more or less ink there is, squared, of the target's.
        off: weight of how far points are from the target's ink, in pixels.
        bending: weight of how unevenly neighbouring points are moved, in pixels.
        unevenness: weight of how fast a stroke's width changes.
        rate: initial learning rate.
        decay: weight decay of the transformer.
        clip: largest norm of the gradient.
    """

    paper: ClassVar[str] = (
        "fontgan's own, after DiT (Peebles and Xie 2023) and differentiable vector graphics "
        "(Li et al. 2020)"
    )
    averaged: ClassVar[tuple[str, ...]] = ("writer", "styles")
    style_table: ClassVar[str | None] = "styles"

    width: Count = 128
    layers: Count = 4
    heads: Count = 4
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    relative: bool = False
    own: bool = False
    learning_softness: Annotated[float, Field(gt=0)] = 0.5
    coarse: Annotated[float, Field(ge=0, le=1)] = 0.75
    lone: Annotated[float, Field(ge=0, le=1)] = 0.0
    l1: Weight = 5.0
    pyramid: Weight = 7.5
    lost: Weight = 0.3
    missed: Weight = 0.0
    edges: Weight = 0.1
    ink: Weight = 1.0
    off: Weight = 0.15
    bending: Weight = 0.02
    unevenness: Weight = 0.05
    rate: Annotated[float, Field(gt=0)] = 2e-3
    decay: Annotated[float, Field(ge=0, lt=1)] = 0.01
    clip: Annotated[float, Field(gt=0)] = 1.0

    def networks(self, task: Task) -> dict[str, nn.Module]:
        """Return the writer, and styles whose codes end in what a hand does to all strokes."""
        self._check(task)
        writer = StrokeWriter(
            self.points,
            self.layouts,
            self.width,
            self.layers,
            self.heads,
            self.dropout,
            self.relative,
        )
        styles = StyleTable(len(task.styles), sum(self._parts))
        nn.init.zeros_(styles.codes)
        nn.init.normal_(styles.codes[:, : self.width], std=0.5)
        return {"writer": writer, "styles": styles}

    def steps(self) -> Sequence[Step]:
        """Return the one step."""
        return [Step("generator", ("writer", "styles"), self._learn, clip=self.clip)]

    def strokes(self, nets: Networks, batch: GlyphBatch) -> PenStrokes:
        """Return the strokes of the batch's characters in its target styles."""
        code, *whole = nets["styles"](batch.target_style).code.split(self._parts, 1)
        own = OWN * whole.pop() if self.own else None
        given = batch.strokes
        moved = nets["writer"](given.points, given.mask, code, own)
        scale, shift, layout, weight, profile = (x[:, None, None] for x in whole)
        shares = torch.softmax(F.pad(layout, (0, 1)), dim=-1)
        base = (given.points.permute(0, 2, 3, 4, 1) * shares[..., None, :]).sum(dim=-1)
        points = (base - 0.5) * scale.exp() + 0.5 + shift + REACH * moved[..., :2]
        radii = RADIUS * torch.exp(weight[..., 0] + profile[:, :, 0] + PRESSURE * moved[..., 2])
        if ENDS not in nets:
            return PenStrokes(points, radii, given.mask)
        points, square = nets[ENDS](batch.target_style, points, radii, given.mask)
        return PenStrokes(points, radii, given.mask, square)

    def betas(self, network: str) -> tuple[float, float]:  # noqa: ARG002
        """Return AdamW's betas."""
        return (0.9, 0.98)

    def optimiser(
        self, network: str, weights: Sequence[nn.Parameter], fused: bool
    ) -> torch.optim.Optimizer:
        """Return Muon, and Adam for styles: without decay those that rest stay what they are."""
        if network != "writer":
            return super().optimiser(network, weights, fused)
        rate, betas = self.learning_rate(network), self.betas(network)
        return Muon(weights, rate, betas, weight_decay=self.decay)

    @property
    def _parts(self) -> list[int]:
        """Numbers of a hand: its code, what it does to all strokes, and its own modulations.

        To all strokes it does a scale, a shift, shares of layouts, a weight and its profile.
        """
        own = [self.layers * MODULATIONS * self.width] if self.own else []
        return [self.width, 2, 2, self.layouts - 1, 1, self.points, *own]

    def _check(self, task: Task) -> None:  # noqa: ARG002
        if not self.sets:
            raise ConfigError("sets is empty: name a stroke set, such as hanzi-writer")
        if self.width % self.heads:
            raise ConfigError(f"width = {self.width} is no multiple of heads = {self.heads}")

    def _learn(self, nets: Networks, batch: GlyphBatch, terms: Terms) -> None:
        batch = self._with_lone(batch)
        strokes, full = self.strokes(nets, batch), batch.target.shape[-1]
        ink = (1 - batch.target) / 2
        target, size = batch.target, full
        if terms.progress < self.coarse and full % 2 == 0:
            target, size = F.avg_pool2d(target, 2), full // 2
        drawn = self.draw(strokes, size, self.learning_softness)
        terms.add("l1", self.l1, images.l1, drawn, target)
        terms.add("pyramid", self.pyramid, images.pyramid, drawn, target)
        terms.add("ink", self.ink, writing.ink_share, drawn, target)
        pen = strokes.points, strokes.radii, strokes.mask
        terms.add("edges", self.edges, writing.edges, *pen, ink)
        if self.lost or self.missed:
            uncovered = covering.Uncovered.of(*pen, ink)
            terms.add("lost", self.lost, uncovered.lost)
            terms.add("missed", self.missed, uncovered.missed, ink)
        terms.add("off", self.off, writing.off, strokes.points, strokes.mask, ink)
        moves = strokes.points - batch.strokes.points[:, 0]
        terms.add("bending", self.bending, writing.bending, moves, strokes.mask, full)
        terms.add("unevenness", self.unevenness, writing.unevenness, strokes.radii, strokes.mask)

    def _with_lone(self, batch: GlyphBatch) -> GlyphBatch:
        """Put some glyphs' first layout in the place of their others."""
        given = batch.strokes.points
        if not self.lone or given.shape[1] == 1:
            return batch
        lone = torch.rand(len(given), 1, 1, 1, 1, device=given.device) < self.lone
        points = torch.where(lone, given[:, :1], given)
        return replace(batch, strokes=replace(batch.strokes, points=points))
