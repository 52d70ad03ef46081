"""`fontgan demo`: the main job on the embedded fonts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from .console import result, say
from .options import Device
from .train import training_bar


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="demo", rich_help_panel="Start here")(demo)


def demo(
    folder: Annotated[Path, typer.Option("--out", "-o", help="Folder for all it makes.")] = Path(
        "demo"
    ),
    max_minutes: Annotated[float, typer.Option(help="Most time for training.")] = 5.0,
    device: Device = "auto",
) -> None:
    """Draw handwriting no one has written: render, build, train and draw with the embedded fonts.

    Prints the path of a sheet: source | generated | truth, a row a style, all of them characters
    that the model has not seen in training.
    """
    from fontgan import workflows

    bar = training_bar()
    with bar as tell:
        done = workflows.demo(
            folder,
            max_minutes=max_minutes,
            jobs=os.cpu_count() or 1,
            device=device,
            say=say,
            progress=bar.scored,
            tell=tell,
        )
    for name, seconds in done.seconds.items():
        say(f"{name}: {seconds:.0f} s")
    mean = done.scores.mean
    say(f"{done.scores.glyphs} held-out glyphs: L1 {mean['l1']:.4f}, SSIM {mean['ssim']:.4f}")
    result(done.sheet)
