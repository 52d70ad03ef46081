"""Scores of drawn glyphs against their truths: each glyph, the mean of each style, and of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.metrics import pixels, strokes
from fontgan.metrics.measures import MEASURES

Values = dict[str, NDArray[np.float64]]
ALL = tuple(MEASURES)
_LINES = {"cldice", "missing", "extra"}
_TOPOLOGY = {"components", "holes"}


@dataclass(frozen=True)
class GlyphScore:
    """The measures of one drawn glyph."""

    style: str
    char: str
    values: dict[str, float]


@dataclass(frozen=True)
class Scores:
    """Means of each measure; `fontgan.metrics.measures` defines them.

    Attributes:
        glyphs: how many were compared.
        mean: by measure, over all glyphs.
        by_style: by style, then by measure.
        each: every glyph.
        blank: how many of the drawn glyphs have no ink.
        notes: what the user should know.
    """

    glyphs: int
    mean: dict[str, float]
    by_style: dict[str, dict[str, float]]
    each: tuple[GlyphScore, ...] = ()
    blank: int = 0
    notes: tuple[str, ...] = ()

    def worst(self, measure: str, count: int = 10) -> list[GlyphScore]:
        """Return the worst glyphs by a measure, the worst first."""
        sign = 1 if MEASURES[measure].higher else -1
        return sorted(self.each, key=lambda glyph: sign * glyph.values[measure])[:count]

    def misses(self, limits: Mapping[str, float]) -> list[str]:
        """Say which means are worse than their limits; empty where none is."""
        return [
            f"{name} is {self.mean[name]:.4f}, {'under' if MEASURES[name].higher else 'over'} "
            f"the limit of {limit:g}"
            for name, limit in limits.items()
            if (self.mean[name] - limit) * (1 if MEASURES[name].higher else -1) < 0
        ]


@dataclass(frozen=True)
class Compared:
    """Some drawn glyphs and their truths.

    Attributes:
        style, char: of each glyph.
        drawn, truth: (B, 1, S, S) grey in [0, 1], ink 0.
    """

    style: Sequence[str]
    char: Sequence[str]
    drawn: Tensor
    truth: Tensor


def score(
    translate: Callable[[GlyphBatch], Tensor],
    pairs: PairDataset,
    device: torch.device,
    batch_size: int = 64,
    measures: Sequence[str] = ALL,
) -> Scores:
    """Draw every pair's source and compare it with the pair's target.

    Args:
        translate: draws a batch as (B, 1, S, S) in [-1, 1].
        pairs: what to draw.
        device: where to compare.
        batch_size: glyphs drawn at once.
        measures: names of the measures wanted.
    """
    return tally(drawings(translate, pairs, device, batch_size), measures, pairs.style_names)


@torch.no_grad()
def drawings(
    translate: Callable[[GlyphBatch], Tensor],
    pairs: PairDataset,
    device: torch.device,
    batch_size: int = 64,
) -> Iterator[Compared]:
    """Draw pairs batch by batch; the arguments are those of `score`."""
    for batch in pairs.batches(batch_size):
        batch = batch.to(device)
        yield Compared(
            style=[pairs.style_names[index] for index in batch.target_style.tolist()],
            char=[chr(code) for code in batch.char.tolist()],
            drawn=(translate(batch).float().clamp(-1, 1) + 1) / 2,
            truth=(batch.target + 1) / 2,
        )


def tally(
    batches: Iterable[Compared], measures: Sequence[str] = ALL, order: Sequence[str] = ()
) -> Scores:
    """Score batches of glyphs.

    Args:
        batches: at least one glyph.
        measures: names of the measures wanted.
        order: of the styles; others follow.
    """
    each: list[GlyphScore] = []
    blank = 0
    for batch in batches:
        values = compare(batch.drawn, batch.truth, measures)
        rows = zip(*(values[name].tolist() for name in measures), strict=True)
        each += [
            GlyphScore(style, char, dict(zip(measures, row, strict=True)))
            for style, char, row in zip(batch.style, batch.char, rows, strict=True)
        ]
        blank += int((batch.drawn >= pixels.INK).flatten(1).all(dim=1).sum())
    there = {glyph.style: None for glyph in each}
    styles = [name for name in order if name in there]
    styles += [name for name in there if name not in styles]
    by_style = {
        name: _means([glyph for glyph in each if glyph.style == name], measures) for name in styles
    }
    return Scores(len(each), _means(each, measures), by_style, tuple(each), blank)


def compare(drawn: Tensor, truth: Tensor, measures: Sequence[str] = ALL) -> Values:
    """Return the wanted measures, (B,) each, of images (B, 1, S, S), grey in [0, 1]."""
    wanted = set(measures)
    values = _of_pixels(drawn, truth, wanted)
    pictures = [images.squeeze(1).cpu().numpy() for images in (drawn, truth)]
    if wanted & _LINES:
        values |= strokes.lines(*pictures)
    if wanted & _TOPOLOGY:
        values |= strokes.topology(*pictures)
    return {name: values[name] for name in measures}


def _of_pixels(drawn: Tensor, truth: Tensor, wanted: set[str]) -> Values:
    box = pixels.crop_to_ink(drawn, truth)
    values: dict[str, Tensor] = {}
    for name, measure in (("l1", pixels.l1), ("rmse", pixels.rmse), ("psnr", pixels.psnr)):
        if name in wanted:
            values[name] = measure(drawn, truth)
        if f"{name}_ink" in wanted:
            values[f"{name}_ink"] = measure(drawn, truth, box)
    if wanted & {"ssim", "ssim_ink"}:
        similar = pixels.similarity(drawn, truth)  # the dear part, once for both
        values["ssim"], values["ssim_ink"] = pixels.ssim_of(similar), pixels.ssim_of(similar, box)
    if "iou" in wanted:
        values["iou"] = pixels.iou(drawn, truth)
    return {name: value.double().cpu().numpy() for name, value in values.items()}


def _means(glyphs: Sequence[GlyphScore], measures: Sequence[str]) -> dict[str, float]:
    return {name: float(np.mean([glyph.values[name] for glyph in glyphs])) for name in measures}
