"""The page of a comparison: table, settings, curves and pictures in one file of HTML."""

from __future__ import annotations

from pathlib import Path

from fontgan.evaluation.comparison import Comparison
from fontgan.glyphs.sheet import Sheet
from fontgan.metrics.measures import COMMON, MEASURES
from fontgan.reports.charts import Chart, Line, chart, colour
from fontgan.reports.curves import history, label
from fontgan.reports.page import picture, write_page
from fontgan.runs.log import read_log

CURVES = ("ssim", "missing")


def write_comparison(path: str | Path, found: Comparison, sheet: Sheet) -> Path:
    """Write the page, whole or not at all; return its path."""
    count = len(found.styles)
    return write_page(
        path,
        "comparison.html",
        title="runs compared",
        heading="Runs compared",
        found=found,
        styles=f"{count} styles" if count > 1 else found.styles[0],
        measures={name: MEASURES[name] for name in found.measures},
        common=COMMON,
        curves=_curves(found),
        colour=colour,
        picture=picture(sheet.image()),
    )


def _curves(found: Comparison) -> list[Chart]:
    """Draw held-out measures against iterations and against time, from the runs' logs."""
    logs = [read_log(run.folder / "log.jsonl") for run in found.runs]
    charts = []
    for name in CURVES:
        for by, x_label in (("iteration", "iterations"), ("seconds", "seconds of training")):
            lines = [
                Line(run.name, history(log, name, by=by), colour(place))
                for place, (run, log) in enumerate(zip(found.runs, logs, strict=True))
            ]
            charts.append(chart(label(name), lines, x_label))
    return [one for one in charts if one]
