"""`fontgan form`: a form to print, and to write characters on by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import console


def register(app: typer.Typer) -> None:
    """Add `form` to the application."""
    app.command("form", rich_help_panel="Your own hand")(form)


def form(
    out: Annotated[Path, typer.Option("--out", "-o", help="The PDF to write.")] = Path("form.pdf"),
    chars: Annotated[
        str | None,
        typer.Option("--chars", "-c", help="Characters: text:..., a file, -; default: chosen."),
    ] = None,
    count: Annotated[int, typer.Option("--count", "-n", help="How many to choose.")] = 100,
    target: Annotated[
        str, typer.Option("--for", metavar="SPEC", help="The set that the choice is to cover.")
    ] = "gb2312-1",
    source: Annotated[
        str, typer.Option("--source", "-s", help="Font of the small help characters.")
    ] = "noto-sans-sc",
    paper: Annotated[str, typer.Option(help="a4 or letter.")] = "a4",
    cell: Annotated[int, typer.Option(help="Side of the squares in mm, 8 to 40.")] = 16,
    copies: Annotated[int, typer.Option(help="How often each character is written, 1 to 5.")] = 1,
    pictures: Annotated[
        bool, typer.Option("--png", help="Also a picture of each page, for a tablet.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print a report as JSON.")] = False,
) -> None:
    """Make a form: print it, write on it, photograph it, and `fontgan scan` reads your hand.

    Without --chars the characters that teach most are chosen, as `fontgan charset choose` does.
    The files made are printed on standard output, one path a line.

    fontgan form --count 100 --for gb2312 -o form.pdf
    """
    from fontgan import workflows
    from fontgan.forms.layout import Layout

    made = workflows.make_form(
        out,
        chars,
        count=count,
        target=target,
        source=source,
        layout=Layout(paper, cell),
        copies=copies,
        pictures=pictures,
        force=force,
        seed=seed,
    )
    pages = made.form.pages
    console.say(
        f"form {made.form.id}: {len(made.form.chars)} characters, {copies} of each, "
        f"{len(pages)} page{'s'[: len(pages) > 1]}"
    )
    for note in made.notes:
        console.say(f"note: {note}")
    files = [str(file) for file in (made.pdf, made.description, *made.pictures)]
    if json:
        console.as_json(
            {"id": made.form.id, "chars": made.form.chars, "pages": len(pages), "files": files}
        )
        return
    for file in files:
        console.result(file)
