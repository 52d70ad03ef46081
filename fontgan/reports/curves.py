"""The curves of a training run, from its log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fontgan.metrics.measures import MEASURES
from fontgan.reports.charts import COLOURS, Chart, Line, chart
from fontgan.runs.log import read_log

Curves = list[tuple[str, list[Chart]]]


def training_curves(folder: str | Path) -> Curves:
    """Return held-out measures and losses of a run against its iterations, under their titles.

    Args:
        folder: of the run; its ``log.jsonl`` is read. A title without a chart is left out.
    """
    log = read_log(Path(folder) / "log.jsonl")
    held_out = [
        chart(label(name), [Line(name, history(log, name))], "iterations")
        for name in _measures(log)
    ]
    names = dict.fromkeys(name for line in log for name in line.get("losses", ()))
    losses = [
        chart(name, [Line(name, history(log, name, "losses"), COLOURS[5])], "iterations")
        for name in names
    ]
    parts = (("Held-out measures while training", held_out), ("Losses while training", losses))
    there = ((title, [one for one in charts if one]) for title, charts in parts)
    return [(title, charts) for title, charts in there if charts]


def history(
    log: Sequence[dict[str, Any]], name: str, kind: str = "held_out", by: str = "iteration"
) -> list[tuple[float, float]]:
    """Return how a value went: (iteration or seconds, value), in the order of the log.

    Args:
        log: lines of ``log.jsonl``.
        name: of the measure or loss.
        kind: ``held_out`` or ``losses``.
        by: ``iteration``, or ``seconds`` of training; where a line does not say them, they are read
            between those of its neighbours.
    """
    points = [(line, line[kind][name]) for line in log if name in line.get(kind, {})]
    if by == "iteration":
        return [(line["iteration"], value) for line, value in points]
    timed = [(line["iteration"], line["seconds"]) for line in log if "seconds" in line]
    if not timed:
        return []
    iterations, seconds = zip((0, 0), *timed, strict=True)
    return [
        (line.get("seconds", float(np.interp(line["iteration"], iterations, seconds))), value)
        for line, value in points
    ]


def label(name: str) -> str:
    """Return a measure's label with the direction in which it is better."""
    if name not in MEASURES:
        return name
    return f"{MEASURES[name].label} ({MEASURES[name].direction})"


def _measures(log: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for line in log for name in line.get("held_out", ())))
