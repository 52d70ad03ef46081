"""`fontgan write`: a text on pages, in a hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from .console import as_json, count, progress, result, say
from .options import Device, Json, RunOrFile, Seed, Source


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="write", rich_help_panel="Train and draw")(write)


def write(
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The text; - reads standard input.")
    ] = None,
    run: RunOrFile = None,
    file: Annotated[
        Path | None, typer.Option(help="Write what stands in a text file; only RUN comes before.")
    ] = None,
    style: Annotated[
        str | None, typer.Option(help="The hand, by name or number (after adapt: its).")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The page: .svg, .pdf or .png.")] = Path(
        "page.svg"
    ),
    paper: Annotated[
        str, typer.Option(help="a3, a4, a5, a6, letter, legal, or WIDTHxHEIGHT in mm.")
    ] = "a4",
    margin: Annotated[float, typer.Option(help="Left free on every side, in mm.")] = 20.0,
    size: Annotated[float, typer.Option(help="Of the characters, in mm.")] = 9.0,
    spacing: Annotated[float, typer.Option(help="From line to line, times the size.")] = 1.5,
    vary: Annotated[
        float,
        typer.Option(
            metavar="AMOUNT", help="How far the hand varies and wanders: 0 not at all, 1 its most."
        ),
    ] = 0.7,
    strokes: Annotated[
        bool, typer.Option("--strokes", help="The ways of the pen for a plotter, not outlines.")
    ] = False,
    dpi: Annotated[int, typer.Option(help="Pixels an inch of a PNG.")] = 200,
    source: Source = None,
    seed: Seed = 0,
    device: Device = "auto",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    json: Json = False,
) -> None:
    """Write a text on pages, in a hand, no character twice alike.

    For models that move a pen (penstroke). Lines are broken as Chinese and Latin are: no line
    begins with a full stop. The paths of the pages go to standard output; of several pages SVG and
    PNG are a file each, page-2.svg and so on.
    """
    from fontgan import workflows
    from fontgan.letters.paper import Paper

    if file is not None:
        if run is not None:
            raise typer.BadParameter("give TEXT or --file, not both")
        text, run = None, Path(text) if text is not None else None
    page = Paper.of(paper, margin, size, spacing)
    words = _text(text, file)
    with progress() as bar:
        task = bar.add_task("writing", total=None)
        letter = workflows.write(
            words,
            run,
            out,
            style=style,
            paper=page,
            vary=vary,
            seed=seed,
            lines=strokes,
            dpi=dpi,
            source=source,
            device=device,
            force=force,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    for note in letter.notes:
        say(f"note: {note}")
    if letter.missing:
        say(f"{len(letter.missing)} left out, which no source has: {''.join(letter.missing[:40])}")
    say(f"{count(letter.lines, 'line')} on {count(letter.pages, 'page')}, in {letter.style}")
    if json:
        as_json(
            {
                "files": list(map(str, letter.files)),
                "style": letter.style,
                "pages": letter.pages,
                "lines": letter.lines,
                "missing": "".join(letter.missing),
            }
        )
        return
    for path in letter.files:
        result(path)


def _text(text: str | None, file: Path | None) -> str:
    from fontgan.errors import FontganError
    from fontgan.files import read_bytes
    from fontgan.limits import TEXT_BYTES

    if file is not None:
        content = read_bytes(file, TEXT_BYTES)
    elif text == "-":
        content = sys.stdin.buffer.read(TEXT_BYTES)
    elif text is not None:
        return text
    else:
        raise typer.BadParameter("what shall be written? Give a text, - or --file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FontganError(f"{file or 'standard input'}: a text must be UTF-8") from None
