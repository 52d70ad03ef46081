"""`fontgan compare`: runs beside each other, on the same held-out glyphs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from fontgan.metrics.measures import MEASURES, definitions

from .console import as_json, busy, print_table, say, split_words, table
from .options import Device, FidWeights, LpipsWeights, Ocr, Reader

if TYPE_CHECKING:
    from fontgan.evaluation.comparison import Comparison


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="compare", rich_help_panel="Train and draw")(compare)


def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN", help="Run folders or checkpoints.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for compare.html and compare.png.")
    ] = Path("."),
    data: Annotated[
        Path | None,
        typer.Option("--against", help="Data set with the truths (default: that of the runs)."),
    ] = None,
    style: Annotated[
        str | None, typer.Option(help="Only these styles, separated by commas.")
    ] = None,
    reader: Reader = None,
    ocr: Ocr = False,
    lpips_weights: LpipsWeights = None,
    fid_weights: FidWeights = None,
    device: Device = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Compare runs: the measures of their best checkpoints on the same held-out glyphs.

    Prints a table with the best values marked and the settings that differ; writes compare.html
    (with curves over iterations and over time) and compare.png (source | each run | truth).
    """
    from fontgan.config import plain
    from fontgan.workflows.comparing import compare as compare_runs

    sheet, page = out / "compare.png", out / "compare.html"
    with busy("scoring") as now:
        found = compare_runs(
            runs,
            data,
            styles=split_words(style),
            sheet=sheet,
            page=page,
            device=device,
            reader=reader,
            ocr=ocr,
            lpips_weights=lpips_weights,
            fid_weights=fid_weights,
            tell=lambda name: now(f"scoring {name}"),
        )
    if json:
        files = {"page": str(page), "sheet": str(sheet)}
        as_json({**plain(found), **files, "definitions": definitions(tuple(found.measures))})
        return
    _show(found)
    say(f"{page}\n{sheet}")


def _show(found: Comparison) -> None:
    names = [run.name for run in found.runs]
    shown = [name for name in found.measures if MEASURES[name].key]
    grid = table("measure", *(f">{name}" for name in names))
    for fact in found.runs[0].facts:
        grid.add_row(fact, *(f"{run.facts[fact]} " for run in found.runs))
    for name in shown:
        best = found.best.get(name, ())
        cells = [
            Text(f"{run.scores[name]:.3f}*", "bold green")
            if place in best
            else f"{run.scores[name]:.3f} "
            for place, run in enumerate(found.runs)
        ]
        grid.add_row(MEASURES[name].label, *cells)
    print_table(grid)
    if found.settings:
        settings = table("settings that differ", *(f">{name}" for name in names))
        for key, values in found.settings.items():
            settings.add_row(key, *(f"{value} " for value in values))
        print()
        print_table(settings)
    say(f"{found.glyphs} held-out glyphs of {found.data}, {found.size} px; * best")
    for line in (*found.notes, *definitions(tuple(shown))):
        say(line)
