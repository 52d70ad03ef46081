"""Scores of shares put together: what one evaluation of all glyphs would say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fontgan.errors import ConfigError, DataError
from fontgan.metrics.measures import MEASURES
from fontgan.metrics.tally import GlyphScore, Scores, beside, gather
from fontgan.store.shard import Shard
from fontgan.untrusted import checked, read_json

_LEFT_OUT = (
    "glyph-FID is left out: it is of all glyphs at once, and shares keep no embeddings; evaluate "
    "without --shard to have it"
)


@dataclass(frozen=True)
class _Part:
    """What one share printed, as far as it is needed."""

    shard: str
    asked: dict[str, Any]
    each: list[GlyphScore]
    by_style: dict[str, Any]
    blank: int
    blots: int
    notes: list[str]
    truth: dict[str, dict[str, float]]


def merge(files: Sequence[str | Path]) -> Scores:
    """Put together what ``fontgan evaluate --shard I/N --json`` printed, once for each share.

    All values are those of one evaluation but for rounding, without the measures of all glyphs at
    once. Their order of styles is that of the first share.

    Raises:
        DataError: a file that is none of these, or of another evaluation than the first.
        ConfigError: a share is missing, or there twice.
    """
    parts = [_read(Path(file)) for file in files]
    if not parts:
        raise ConfigError("nothing to merge: name the JSON files of all shares")
    for file, part in zip(files, parts, strict=True):
        if part.asked != parts[0].asked:
            raise DataError(f"{file} is of another evaluation than {files[0]}; merge them apart")
    _check_shares(files, [Shard.parse(part.shard) for part in parts])
    parts.sort(key=lambda part: Shard.parse(part.shard).number)
    each = [glyph for part in parts for glyph in part.each]
    order = list(dict.fromkeys(style for part in parts for style in part.by_style))
    names = [name for name in MEASURES if any(name in glyph.values for glyph in each)]
    blank, blots = sum(part.blank for part in parts), sum(part.blots for part in parts)
    scores = gather(each, names, order, blank, blots)
    scores = replace(scores, notes=_notes(parts, scores))
    return beside(scores, _truth(parts, [*scores.by_style, "mean"]))


def _notes(parts: Sequence[_Part], scores: Scores) -> tuple[str, ...]:
    """Return what all shares say, and what they count together."""
    each = scores.each
    notes = [f"{len(each)} glyphs of {len(parts)} shares"]
    notes += [note for note in parts[0].notes if all(note in part.notes for part in parts)]
    notes += scores.inks
    for name in ("content", *({"ocr"} & {name for glyph in each for name in glyph.values})):
        unknown = sum(name not in glyph.values for glyph in each)
        if unknown:
            label = MEASURES[name].label
            notes.append(f"{label} leaves out {unknown} glyphs whose characters are unknown to it")
    return (*notes, _LEFT_OUT)


def _check_shares(files: Sequence[str | Path], shards: Sequence[Shard]) -> None:
    seen: dict[Shard, str | Path] = {}
    for file, shard in zip(files, shards, strict=True):
        if shard in seen:
            raise ConfigError(f"{file} and {seen[shard]} are both share {shard}; give each once")
        if shard.count != shards[0].count:
            raise ConfigError(f"{file} is share {shard}, {files[0]} is {shards[0]}; not of one N")
        seen[shard] = file
    everything = [Shard(number, shards[0].count) for number in range(1, shards[0].count + 1)]
    missing = [str(shard) for shard in everything if shard not in seen]
    if missing:
        raise ConfigError(f"share {', '.join(missing[:8])} is missing; give the files of all")


def _truth(parts: Sequence[_Part], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the means over the true glyphs: those of the shares, weighed by their glyphs.

    A true glyph has the measures that the drawn one has.
    """
    sums: dict[str, dict[str, float]] = {name: {} for name in names}
    counts: dict[str, dict[str, int]] = {name: {} for name in names}
    for part in parts:
        for name in sums.keys() & part.truth.keys():
            own = [one.values for one in part.each if name in ("mean", one.style)]
            for measure, value in part.truth[name].items():
                count = sum(measure in one for one in own)
                sums[name][measure] = sums[name].get(measure, 0.0) + count * value
                counts[name][measure] = counts[name].get(measure, 0) + count
    return {
        name: {
            measure: total / counts[name][measure]
            for measure, total in found.items()
            if counts[name][measure]
        }
        for name, found in sums.items()
    }


def _read(path: Path) -> _Part:
    try:
        return checked(_Part, read_json(path))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except (ValueError, IsADirectoryError):
        raise DataError(
            f"{path}: not the output of `fontgan evaluate --shard I/N --json`"
        ) from None
