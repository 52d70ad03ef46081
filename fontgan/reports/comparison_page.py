"""The page of a comparison: table, settings, curves and pictures in one file of HTML."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template

from fontgan.evaluation.comparison import Comparison
from fontgan.files import atomic_write
from fontgan.glyphs.sheet import Sheet
from fontgan.metrics.measures import COMMON, MEASURES
from fontgan.reports.charts import Line, chart, colour, legend, side_by_side
from fontgan.reports.curves import history, label
from fontgan.runs.log import read_log

CURVES = ("ssim", "missing")

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>fontgan: runs compared</title><style>
body { font: 15px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 72rem;
  padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
p { color: #555; margin: .2rem 0 }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .7rem; text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
thead th { border-bottom: 2px solid #222 } tbody tr { border-bottom: 1px solid #eee }
.best { font-weight: 700; background: #e7f5ec }
td.text, th.text, .settings td, .settings th { text-align: left; white-space: normal }
td.text { color: #555; font-size: .85rem; line-height: 1.35 }
img { box-sizing: border-box; max-width: 100%; border: 1px solid #ddd }
</style></head><body>
<h1>Runs compared</h1>
<p>$glyphs held-out glyphs of $styles in $data, $size px, the same for every run; the best
checkpoint of each run; best values marked.</p>
<div class="wide"><table><thead><tr><th>measure</th>$heads<th class="text">definition</th></tr>
</thead><tbody>$rows</tbody></table></div>
<p>$common</p>
$notes
$curves
<h2>The same glyphs by every run</h2>
<div class="wide"><img alt="source, each run, truth" src="data:image/png;base64,$picture"></div>
<h2>Settings that differ</h2>
$settings
</body></html>
""")


def write_page(path: str | Path, found: Comparison, picture: Sheet) -> Path:
    """Write the page, whole or not at all; return its path."""
    file = io.BytesIO()
    picture.image().save(file, format="PNG", optimize=True)
    count = len(found.styles)
    page = _PAGE.substitute(
        glyphs=f"{found.glyphs:,}",
        styles=f"{count} styles" if count > 1 else escape(found.styles[0]),
        data=escape(str(found.data)),
        size=found.size,
        heads="".join(f"<th>{escape(run.name)}</th>" for run in found.runs),
        rows="".join((*_facts(found), *_measures(found))),
        common=escape(COMMON),
        curves=_curves(found),
        picture=base64.b64encode(file.getvalue()).decode(),
        settings=_settings(found),
        notes="".join(f"<p>{escape(note)}</p>" for note in found.notes),
    )
    with atomic_write(path) as beside:
        beside.write_text(page, encoding="utf-8")
    return Path(path)


def _facts(found: Comparison) -> Iterator[str]:
    for fact in found.runs[0].facts:
        cells = "".join(f"<td>{escape(run.facts[fact])}</td>" for run in found.runs)
        yield f"<tr><td>{escape(fact)}</td>{cells}<td></td></tr>"


def _measures(found: Comparison) -> Iterator[str]:
    for name in found.measures:
        measure, best = MEASURES[name], found.best.get(name, ())
        cells = "".join(
            f"<td{' class=best' if place in best else ''}>{run.scores[name]:.3f}</td>"
            for place, run in enumerate(found.runs)
        )
        text = f'<td class="text">{escape(measure.text)}; {measure.direction}</td>'
        yield f"<tr><td>{escape(measure.label)}</td>{cells}{text}</tr>"


def _curves(found: Comparison) -> str:
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
    if not any(charts):
        return ""
    names = legend([run.name for run in found.runs])
    return (
        "<h2>Held-out measures while training</h2><p>Of the glyphs that each run looked at while "
        f"it trained.</p>{names}{side_by_side(charts, 2)}"
    )


def _settings(found: Comparison) -> str:
    if not found.settings:
        return "<p>None: the runs have the same settings.</p>"
    heads = "".join(f"<th>{escape(run.name)}</th>" for run in found.runs)
    rows = "".join(
        f"<tr><td>{escape(key)}</td>{''.join(f'<td>{escape(value)}</td>' for value in values)}</tr>"
        for key, values in found.settings.items()
    )
    return (
        '<div class="wide"><table class="settings"><thead><tr><th>setting</th>'
        f"{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
