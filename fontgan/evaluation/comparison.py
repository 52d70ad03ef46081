"""Runs scored on the same glyphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fontgan.metrics.measures import MEASURES
from fontgan.metrics.tally import Scores
from fontgan.runs.folder import Run


@dataclass(frozen=True)
class RunScores:
    """One run of a comparison.

    Attributes:
        name: what it is called here: its folder's name, or the path where two have one.
        checkpoint: the file that was scored, its best one where a folder was given.
        facts: method, iteration and minutes of training of the checkpoint.
        scores: by measure, over all glyphs.
        by_style: by style, then by measure.
    """

    name: str
    checkpoint: str
    facts: dict[str, str]
    scores: dict[str, float]
    by_style: dict[str, dict[str, float]]

    @property
    def folder(self) -> Path:
        """Return the folder of the run, where its log is."""
        return Path(self.checkpoint).parent


@dataclass(frozen=True)
class Comparison:
    """Runs scored on the same glyphs.

    Attributes:
        runs: in the order given.
        best: by measure the places of the runs with the best value; empty where all are equal.
        settings: those that differ, with the value of each run.
        glyphs: how many were scored.
        styles: of the glyphs.
        data: the data set.
        size: side of the images in pixels.
        notes: what the user should know.
    """

    runs: tuple[RunScores, ...]
    best: dict[str, list[int]]
    settings: dict[str, list[str]]
    glyphs: int
    styles: tuple[str, ...]
    data: str
    size: int
    notes: tuple[str, ...] = field(default=())

    @property
    def measures(self) -> list[str]:
        """Return the measures that every run has, in the order of their table."""
        return [name for name in MEASURES if all(name in run.scores for run in self.runs)]


def scored(name: str, run: Run, scores: Scores) -> tuple[RunScores, tuple[str, ...]]:
    """Return a run's scores with the facts of its header, and the notes on them."""
    facts = {
        "method": run.header.method,
        "iteration": f"{run.header.iteration:,}",
        "minutes": f"{run.header.seconds / 60:.1f}",
    }
    values = {**scores.mean, **scores.whole}
    return RunScores(name, str(run.checkpoint), facts, values, scores.by_style), scores.notes


def common_notes(names: Sequence[str], notes: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return what is said of all runs once, and what is said of some with the name of each."""
    said = [
        note if all(note in others for others in notes) else f"{name}: {note}"
        for name, some in zip(names, notes, strict=True)
        for note in some
    ]
    return tuple(dict.fromkeys(said))


def best_of(scores: Sequence[Mapping[str, float]]) -> dict[str, list[int]]:
    """Return by measure where the best values are, as they are shown: in three digits."""
    best = {}
    for name in MEASURES:
        values = [round(one[name], 3) for one in scores if name in one]
        if len(values) == len(scores) and len(set(values)) > 1:
            top = max(values) if MEASURES[name].higher else min(values)
            best[name] = [place for place, value in enumerate(values) if value == top]
    return best
