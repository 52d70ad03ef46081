"""`fontgan adapt`: add a hand of one's own to a trained model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import as_json, result, say
from .options import Device, Json, Settings
from .train import training_bar

if TYPE_CHECKING:
    from fontgan.workflows import Adapted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="adapt", rich_help_panel="Your own hand")(adapt)


def adapt(
    hand: Annotated[
        Path,
        typer.Argument(metavar="HAND", help="Folder that `scan` wrote, images by name, or a font."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run.")] = Path(
        "runs/my-hand"
    ),
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="RUN", help="The model (default: that in the box)."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What the hand is called (default: the folder's name).")
    ] = None,
    chars: Annotated[
        str | None,
        typer.Option(
            "--chars",
            "-c",
            help="Only these of its characters (default of a font: common-500+alnum62).",
        ),
    ] = None,
    minutes: Annotated[float, typer.Option(help="Learn for at most so many minutes.")] = 5.0,
    holdout: Annotated[
        float, typer.Option(help="Share of the characters kept back to check; 0 learns from all.")
    ] = 0.1,
    settings: Settings = None,
    device: Device = "auto",
    force: Annotated[
        bool, typer.Option("--force", help="Replace the run in -o and its data set.")
    ] = False,
    json: Json = False,
) -> None:
    """Learn a hand from a few characters of it, so that it writes all the others.

    The hand is added to a model that moves a pen, whose own hands go on drawing what they drew, bit
    for bit. The folder of the run is printed; `infer`, `write` and `font` take it.

    fontgan adapt hand -o runs/my-hand

    fontgan font runs/my-hand -o MyHand.ttf
    """
    from fontgan import workflows
    from fontgan.glyphs.painting import all_cores

    with training_bar() as tell:
        done = workflows.adapt(
            hand,
            out,
            start=start,
            name=name,
            chars=chars,
            minutes=minutes,
            holdout=holdout,
            settings=settings or [],
            device=device,
            jobs=all_cores(),
            force=force,
            say=say,
            tell=tell,
        )
    if json:
        as_json({**asdict(done), "run": str(done.run)})
    else:
        _tell(done)
        result(done.run)
    if done.ended.startswith("SIG"):
        raise typer.Exit(130 if done.ended == "SIGINT" else 143)


def _tell(done: Adapted) -> None:
    say(f"{done.style}: learned from {len(done.learned)} characters")
    for who, scores in ((done.style, done.scores), (f"{done.like} as it is", done.before)):
        if scores:
            said = ", ".join(f"{name} {value:.4f}" for name, value in scores.items())
            say(f"{len(done.held_out)} characters kept back, drawn by {who}: {said}")
    if done.ended == "time":
        say("out of time before it was done: more --minutes may help")
    say(f"go on with: fontgan write TEXT {done.run}")
