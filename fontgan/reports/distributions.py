"""How the scores of single glyphs are spread, as charts for a report."""

from __future__ import annotations

import numpy as np

from fontgan.metrics.measures import MEASURES, SPREAD
from fontgan.metrics.tally import Scores
from fontgan.reports.charts import Chart, Line, chart

BINS = 20


def distributions(scores: Scores) -> list[Chart]:
    """Return a histogram of each shown measure over all glyphs."""
    columns = {name: _values(scores, name) for name in SPREAD}
    charts = (
        chart(MEASURES[name].label, [Line(name, outline(values))], "value of a glyph")
        for name, values in columns.items()
        if values
    )
    return [one for one in charts if one]


def outline(values: list[float]) -> list[tuple[float, float]]:
    """Return the outline of a histogram: (value, glyphs) from bin to bin.

    >>> outline([0.0, 0.0, 1.0])[:3], outline([0.0, 0.0, 1.0])[-2:]
    ([(0.0, 0.0), (0.0, 2.0), (0.05, 2.0)], [(1.0, 1.0), (1.0, 0.0)])
    """
    counts, edges = np.histogram(values, bins=BINS)
    inner = [
        (round(float(edge), 6), float(count))
        for place, count in enumerate(counts)
        for edge in edges[place : place + 2]
    ]
    return [(inner[0][0], 0.0), *inner, (inner[-1][0], 0.0)]


def _values(scores: Scores, name: str) -> list[float]:
    return [glyph.values[name] for glyph in scores.each if name in glyph.values]
