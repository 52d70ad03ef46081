"""`fontgan evaluate`: score a trained model, or a folder of drawn glyphs, against true glyphs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fontgan.errors import QualityError, nearest
from fontgan.metrics.measures import (
    KEY_PICTURES,
    MEASURES,
    OTHER_COLUMNS,
    READING_COLUMNS,
    definitions,
)

from .console import as_json, print_table, progress, result, say, scoring, split_words, table
from .options import Device, FidWeights, LpipsWeights, Mend, Ocr, Reader, Shard, parse_shard

if TYPE_CHECKING:
    from fontgan.metrics.tally import Scores
    from fontgan.store.shard import Shard as Share


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = "\n\n".join(["Measures:", *definitions()])
    app.command(name="evaluate", rich_help_panel="Train and draw", epilog=epilog)(evaluate)


def evaluate(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RUN|DIR",
            help="Run folder or checkpoint (default: the newest run here), or a folder of glyph "
            "images as `fontgan infer -o` writes it. With --merge the JSON files of all shares.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option("--against", help="Data set with the truths (default: the run's own)."),
    ] = None,
    part: Annotated[
        Literal["held-out", "train"] | None,
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
    reader: Reader = None,
    ocr: Ocr = False,
    lpips_weights: LpipsWeights = None,
    fid_weights: FidWeights = None,
    mend: Mend = False,
    device: Device = "auto",
    shard: Shard = None,
    merge: Annotated[
        bool,
        typer.Option("--merge", help="Put together what --shard I/N --json printed, all N of it."),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print all scores, of each glyph too, as JSON.")
    ] = False,
) -> None:
    """Score drawn glyphs against true ones: pixels, strokes, and what a reader sees, per style.

    A run draws the characters it has not seen in training. The reader is a small glyph network; how
    well it reads the true glyphs stands beside what it says of the drawn ones.
    """
    limits = _limits(fail_under or [])
    share = parse_shard(shard)
    judges = {
        "--reader": reader,
        "--ocr": ocr,
        "--lpips-weights": lpips_weights,
        "--fid-weights": fid_weights,
    }
    settings = [device != "auto", data, part, style, sheet, report, shard, mend, *judges.values()]
    _check_use(runs or [], merge, json, settings, share, limits)
    if not merge:
        _check_judges(limits, [name for name, given in judges.items() if given])
    from fontgan import workflows
    from fontgan.config import plain

    if merge:
        from fontgan.metrics.merging import merge as merge_shares

        scores = merge_shares(runs or [])
    else:
        with progress() as bar:
            scores = workflows.evaluate(
                runs[0] if runs else None,
                data,
                part=part,
                styles=split_words(style),
                sheet=sheet,
                report=report,
                device=device,
                shard=share,
                reader=reader,
                ocr=ocr,
                lpips_weights=lpips_weights,
                fid_weights=fid_weights,
                mend=mend,
                progress=scoring(bar),
            )
    if json:
        asked: dict[str, Any] = {
            "run": str(runs and runs[0]),
            "data": str(data),
            "part": part,
            "style": style,
            "mend": str(mend),
            "judges": {name: str(given) for name, given in judges.items() if given},
        }
        of_share = {"shard": str(share), "asked": asked} if share else {}
        as_json({**of_share, **plain(scores), "definitions": definitions()})
    else:
        _show(scores)
    misses = scores.misses(limits)
    if misses:
        raise QualityError("; ".join(misses))


def _check_use(
    runs: list[Path],
    merge: bool,
    json: bool,
    settings: Sequence[object],
    share: Share | None,
    limits: dict[str, float],
) -> None:
    """Refuse options that do not go together."""
    if merge and any(settings):
        raise typer.BadParameter("--merge takes the JSON files of all shares and no other settings")
    if not merge and len(runs) > 1:
        raise typer.BadParameter(
            "name one run or folder; only --merge takes several files; the data set is given by "
            "--against DATA"
        )
    if share and not json:
        raise typer.BadParameter("--shard prints its scores for --merge: add --json")
    if share and limits:
        raise typer.BadParameter("--fail-under is for all glyphs: give it to --merge")


def _check_judges(limits: dict[str, float], given: list[str]) -> None:
    """Refuse limits of measures that were not asked for."""
    for name in limits:
        option = MEASURES[name].option
        if option and option not in given:
            raise typer.BadParameter(f"--fail-under {name}: only with {option} is there {name}")


def _limits(words: list[str]) -> dict[str, float]:
    limits = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in MEASURES:
            raise typer.BadParameter(
                f"--fail-under {word}: no measure {name!r}; {nearest(name, MEASURES)}"
            )
        try:
            limits[name] = float(value)
        except ValueError:
            limits[name] = math.nan
        if not math.isfinite(limits[name]):
            raise typer.BadParameter(f"--fail-under {word}: write it like ssim=0.6")
    return limits


def _show(scores: Scores) -> None:
    rows = scores.rows
    _print(rows, {MEASURES[name].label: name for name in KEY_PICTURES})
    result("")
    _print(rows, READING_COLUMNS)
    others = {label: name for label, name in OTHER_COLUMNS.items() if name in rows["mean"]}
    if others:
        result("")
        _print(rows, others)
    for name, value in scores.whole.items():
        result(f"{MEASURES[name].label} of all {scores.glyphs} glyphs: {value:.3f}")
    there = {**scores.mean, **scores.whole}
    defined = tuple(name for name in MEASURES if MEASURES[name].key and name in there)
    for line in (
        *scores.notes,
        *definitions(defined),
    ):
        say(line)


def _print(rows: dict[str, dict[str, float]], columns: dict[str, str]) -> None:
    """Print a table of the measures by label, a dash where there is no value."""
    grid = table("style", *(f">{label}" for label in columns))
    for name, values in rows.items():
        cells = (f"{values[key]:.3f}" if key in values else "-" for key in columns.values())
        grid.add_row(name, *cells, style="bold" if name == "mean" else None)
    print_table(grid)
