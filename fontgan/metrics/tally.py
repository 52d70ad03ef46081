"""Scores of drawn glyphs against their truths: each glyph, the mean of each style, and of all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.metrics import pixels
from fontgan.metrics.frechet import frechet
from fontgan.metrics.judge import Judge, Known
from fontgan.metrics.measures import ASKED, PICTURE, READING
from fontgan.metrics.pictures import compare
from fontgan.metrics.reading import Read, Reader
from fontgan.metrics.scores import Compared, GlyphScore, Scores

__all__ = ["Compared", "GlyphScore", "Scores", "compare", "drawings", "score", "table", "tally"]
BLOT = 0.5  # of the picture, and twice the true ink: a glyph drowned in ink


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
            char=batch.letters,
            drawn=translate(batch).float().clamp(-1, 1),
            truth=batch.target,
        )


def tally(
    batches: Iterable[Compared],
    measures: Sequence[str] = PICTURE,
    order: Sequence[str] = (),
    reader: Reader | None = None,
    judges: Sequence[Judge] = (),
) -> Scores:
    """Score batches of glyphs.

    Args:
        batches: at least one glyph.
        measures: names of the measures of pictures that are wanted.
        order: of the styles; others follow.
        reader: also reads the glyphs, of styles that it has been shown.
        judges: also look at the glyphs.
    """
    each: list[GlyphScore] = []
    truths: list[GlyphScore] = []
    readings: list[Read] = []
    blank = blots = 0
    for batch in batches:
        values = compare(batch.drawn, batch.truth, measures)
        rows = zip(*(values[name].tolist() for name in measures), strict=True)
        drawn: list[Known] = [dict(zip(measures, row, strict=True)) for row in rows]
        truth: list[Known] = [{} for _ in drawn]
        if reader:
            readings.append(reader.read(batch.style, batch.char, batch.drawn, batch.truth))
            _add(drawn, readings[-1].drawn)
            _add(truth, readings[-1].truth)
        for judge in judges:
            said = judge.look(batch.char, batch.drawn, batch.truth)
            _add(drawn, said.drawn)
            _add(truth, said.truth)
        each += map(GlyphScore, batch.style, batch.char, drawn)
        truths += map(GlyphScore, batch.style, batch.char, truth)
        ink, own = (
            pixels.grey(image).lt(pixels.INK).flatten(1).double().mean(dim=1)
            for image in (batch.drawn, batch.truth)
        )
        blank += int((ink == 0).sum())
        blots += int(((ink > BLOT) & (ink > 2 * own)).sum())
    whole = {"fid_glyph": frechet(*_embeddings(readings))} if readings else {}
    for judge in judges:
        whole |= judge.whole()
    scores = gather(each, [*measures, *(READING if reader else ()), *ASKED], order, blank, blots)
    if not (reader or judges):
        return replace(scores, whole=whole)
    ceiling, ceilings = table(truths, [*READING, *ASKED], order)
    return beside(replace(scores, whole=whole), {**ceilings, "mean": ceiling})


def gather(
    each: Sequence[GlyphScore],
    names: Sequence[str],
    order: Sequence[str],
    blank: int = 0,
    blots: int = 0,
) -> Scores:
    """Return the means of scored glyphs; arguments as for `table` and `Scores`."""
    mean, by_style = table(each, names, order)
    return Scores(len(each), mean, by_style, tuple(each), blank, blots)


def beside(scores: Scores, truth: dict[str, dict[str, float]]) -> Scores:
    """Put scores beside those of the true glyphs: ``ocr`` also as a share of theirs."""
    return replace(
        scores,
        mean=_relative(scores.mean, truth["mean"]),
        by_style={name: _relative(own, truth[name]) for name, own in scores.by_style.items()},
        truth=truth,
    )


def _relative(values: Known, truth: Known) -> Known:
    """Add the share of what is read of true glyphs; there is none where none of them is read.

    >>> _relative({"ocr": 0.4}, {"ocr": 0.8})["ocr_relative"], _relative({"ocr": 0.0}, {"ocr": 0.0})
    (0.5, {'ocr': 0.0})
    """
    if truth.get("ocr", 0) > 0 and "ocr" in values:
        return values | {"ocr_relative": values["ocr"] / truth["ocr"]}
    return values


def _add(known: list[Known], more: Sequence[Known]) -> None:
    """Add to what is known of each glyph; nothing where nothing is said."""
    for one, other in zip(known, more, strict=False):
        one |= other


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
