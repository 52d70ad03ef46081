"""`fontgan evaluate`: score a trained model, or a folder of drawn glyphs, against true glyphs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fontgan.errors import QualityError, nearest
from fontgan.metrics.measures import MEASURES, definitions

from .console import as_json, print_table, say, split_words, table

if TYPE_CHECKING:
    from fontgan.metrics.score import Scores

KEY = tuple(name for name, measure in MEASURES.items() if measure.key)


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = "\n\n".join(["Measures:", *definitions()])
    app.command(name="evaluate", rich_help_panel="Train and draw", epilog=epilog)(evaluate)


def evaluate(
    run: Annotated[
        Path | None,
        typer.Argument(
            metavar="RUN|DIR",
            help="Run folder or checkpoint (default: the newest run here), or a folder of glyph "
            "images as `fontgan infer -o` writes it.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--against", help="Data set with the truths (default: the run's own)."),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(help="held-out or train characters (default: held-out; all of a DIR)."),
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(help="Only these styles; of one folder of images, the style that it is."),
    ] = None,
    sheet: Annotated[
        Path | None, typer.Option(help="Also write a run's source | generated | truth sheet here.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Also write scores, best and worst glyphs to this HTML file."),
    ] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MEASURE=LIMIT",
            help="Exit with status 1 when a mean is worse, like ssim=0.6 or missing=0.1 (where "
            "lower is better: when it is above); may be repeated.",
        ),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    json: Annotated[
        bool, typer.Option("--json", help="Print all scores, of each glyph too, as JSON.")
    ] = False,
) -> None:
    """Score drawn glyphs against true ones: pixels, strokes, components and holes, per style.

    A run draws the characters it has not seen in training.
    """
    if part not in (None, "held-out", "train"):
        raise typer.BadParameter("--part is held-out or train")
    limits = _limits(fail_under or [])
    from fontgan import workflows
    from fontgan.config import plain

    scores = workflows.evaluate(
        run,
        data,
        part=part,
        styles=split_words(style),
        sheet=sheet,
        report=report,
        device=device,
    )
    if json:
        as_json({**plain(scores), "definitions": definitions()})
    else:
        _show(scores)
    misses = scores.misses(limits)
    if misses:
        raise QualityError("; ".join(misses))


def _limits(words: list[str]) -> dict[str, float]:
    limits = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in MEASURES:
            raise typer.BadParameter(f"--fail-under {word}: {nearest(name, MEASURES)}")
        try:
            limits[name] = float(value)
        except ValueError:
            limits[name] = math.nan
        if not math.isfinite(limits[name]):
            raise typer.BadParameter(f"--fail-under {word}: write it like ssim=0.6")
    return limits


def _show(scores: Scores) -> None:
    grid = table("style", *(f">{MEASURES[name].label}" for name in KEY))
    for name, values in scores.by_style.items():
        grid.add_row(name, *(f"{values[key]:.3f}" for key in KEY))
    grid.add_row("mean", *(f"{scores.mean[key]:.3f}" for key in KEY), style="bold")
    print_table(grid)
    for line in (*scores.notes, *definitions(KEY)):
        say(line)
