"""`fontgan sheet`: an overview picture of images, a data set or a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .console import busy, result
from .options import Device


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="sheet", rich_help_panel="Train and draw")(sheet)


def sheet(
    what: Annotated[
        Path, typer.Argument(help="Folder of glyph images, data set, run or checkpoint.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The picture (default: WHAT/sheet.png).")
    ] = None,
    device: Device = "auto",
) -> None:
    """Put glyph images on one labelled sheet.

    A folder of images (or of such folders), a preview of a data set, or a run's held-out characters
    as source | generated | truth.
    """
    if not what.exists():
        raise typer.BadParameter(f"{what}: no such file or folder")
    from fontgan import workflows

    with busy("drawing"):
        picture = workflows.make_sheet(what, out, device)
    result(picture)
