"""Scores of drawn glyphs against their truths: each glyph, the mean of each style, and of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.metrics import pixels, strokes
from fontgan.metrics.measures import MEASURES, PICTURE, READING
from fontgan.metrics.reading import Read, Reader, frechet

Values = dict[str, NDArray[np.float64]]
_LINES = {"cldice", "missing", "extra"}
_TOPOLOGY = {"components", "holes"}


@dataclass(frozen=True)
class GlyphScore:
    """The measures of one drawn glyph; ``content`` only where the reader knows the character."""

    style: str
    char: str
    values: dict[str, float]


@dataclass(frozen=True)
class Scores:
    """Means of each measure; `fontgan.metrics.measures` defines them.

    A measure that no glyph has is left out of the means, never not a number.

    Attributes:
        glyphs: how many were compared.
        mean: by measure, over all glyphs that have it.
        by_style: by style, then by measure.
        each: every glyph.
        blank: how many of the drawn glyphs have no ink.
        notes: what the user should know.
        whole: measures of all glyphs at once.
        truth: by style, and of all as ``mean``: ``content`` and ``style`` of the true glyphs, the
            best that any drawing can have.
    """

    glyphs: int
    mean: dict[str, float]
    by_style: dict[str, dict[str, float]]
    each: tuple[GlyphScore, ...] = ()
    blank: int = 0
    notes: tuple[str, ...] = ()
    whole: dict[str, float] = field(default_factory=dict)
    truth: dict[str, dict[str, float]] = field(default_factory=dict)

    def worst(self, measure: str, count: int = 10) -> list[GlyphScore]:
        """Return the worst glyphs by a measure, the worst first, of those that have it."""
        sign = 1 if MEASURES[measure].higher else -1
        there = [glyph for glyph in self.each if measure in glyph.values]
        return sorted(there, key=lambda glyph: sign * glyph.values[measure])[:count]

    def misses(self, limits: Mapping[str, float]) -> list[str]:
        """Say which measures are worse than their limits, or not there; empty where none is."""
        found = {**self.mean, **self.whole}
        misses = []
        for name, limit in limits.items():
            higher = MEASURES[name].higher
            if name not in found:
                misses.append(f"{name} has no value to hold against the limit of {limit:g}")
            elif (found[name] < limit) if higher else (found[name] > limit):
                word = "under" if higher else "over"
                misses.append(f"{name} is {found[name]:.4f}, {word} the limit of {limit:g}")
        return misses


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
    measures: Sequence[str] = PICTURE,
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
    batches: Iterable[Compared],
    measures: Sequence[str] = PICTURE,
    order: Sequence[str] = (),
    reader: Reader | None = None,
) -> Scores:
    """Score batches of glyphs.

    Args:
        batches: at least one glyph.
        measures: names of the measures of pictures that are wanted.
        order: of the styles; others follow.
        reader: also reads the glyphs, of styles that it has been shown.
    """
    each: list[GlyphScore] = []
    readings: list[Read] = []
    blank = 0
    for batch in batches:
        values = compare(batch.drawn, batch.truth, measures)
        rows = zip(*(values[name].tolist() for name in measures), strict=True)
        known = [dict(zip(measures, row, strict=True)) for row in rows]
        if reader:
            readings.append(reader.read(batch.style, batch.char, batch.drawn, batch.truth))
            known = [one | more for one, more in zip(known, readings[-1].drawn, strict=True)]
        each += map(GlyphScore, batch.style, batch.char, known)
        blank += int((batch.drawn >= pixels.INK).flatten(1).all(dim=1).sum())
    names = [*measures, *(READING if reader else ())]
    mean, by_style = table(each, names, order)
    said = [one for reading in readings for one in reading.truth]
    truths = [GlyphScore(one.style, one.char, it) for one, it in zip(each, said, strict=False)]
    ceiling, ceilings = table(truths, READING, order) if reader else ({}, {})
    whole = {"fid_glyph": frechet(*_embeddings(readings))} if readings else {}
    truth = {**ceilings, "mean": ceiling} if reader else {}
    return Scores(len(each), mean, by_style, tuple(each), blank, whole=whole, truth=truth)


def compare(drawn: Tensor, truth: Tensor, measures: Sequence[str] = PICTURE) -> Values:
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


def table(
    glyphs: Sequence[GlyphScore], measures: Sequence[str], order: Sequence[str]
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Return the means of all glyphs, and those of each style."""
    there: dict[str, list[GlyphScore]] = {}
    for glyph in glyphs:
        there.setdefault(glyph.style, []).append(glyph)
    styles = [name for name in order if name in there]
    styles += [name for name in there if name not in styles]
    return _means(glyphs, measures), {name: _means(there[name], measures) for name in styles}


def _means(glyphs: Sequence[GlyphScore], measures: Sequence[str]) -> dict[str, float]:
    """Return the mean of each measure over the glyphs that have it."""
    columns = {
        name: [glyph.values[name] for glyph in glyphs if name in glyph.values] for name in measures
    }
    return {name: float(np.mean(values)) for name, values in columns.items() if values}


def _embeddings(readings: Sequence[Read]) -> tuple[Tensor, Tensor]:
    drawn, truth = torch.cat([reading.embeddings for reading in readings], dim=1)
    return drawn, truth
