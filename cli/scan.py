"""`fontgan scan`: read characters written by hand from photographs of paper."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import console

if TYPE_CHECKING:
    from fontgan.workflows import Grid, Scan


def register(app: typer.Typer) -> None:
    """Add `scan` to the application."""
    app.command("scan", rich_help_panel="Your own hand")(scan)


def scan(
    photos: Annotated[
        list[Path],
        typer.Argument(metavar="PHOTO...", help="Photographs, scans, PDFs; pages in any order."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the images.")],
    form: Annotated[
        Path | None,
        typer.Option(help="The form's .json; needed only where its code cannot be read."),
    ] = None,
    redo: Annotated[
        str | None,
        typer.Option(metavar="SPEC", help="Correct these characters in -o: text:..., a file, -."),
    ] = None,
    accept: Annotated[
        str | None,
        typer.Option(metavar="SPEC", help="Take these characters whatever is wrong with them."),
    ] = None,
    level: Annotated[
        bool, typer.Option("--level", help="Bring the writing to the size and baseline of print.")
    ] = False,
    size: Annotated[int, typer.Option(help="Side of the images in pixels, 64 to 512.")] = 256,
    source: Annotated[
        str, typer.Option("--source", "-s", help="Font that size and baseline are compared with.")
    ] = "noto-sans-sc",
    grid: Annotated[
        str | None,
        typer.Option(metavar="ROWSxCOLUMNS", help="No form: a grid of cells, with --chars."),
    ] = None,
    chars: Annotated[
        str | None, typer.Option("--chars", "-c", help="What stands in the grid, row by row.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(help="No form: the lines written, divided by \\\\n, or a text file."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the scan in -o.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a report as JSON.")] = False,
) -> None:
    """Read a filled form into a folder of images, one a character, as `build --images` reads.

    Every page says itself what it is, so photographs come in any order and any way up. Each cell
    is good, empty, crossed out, over the border or blurred; good ones are taken, and review.html
    in the folder shows all. The folder is printed on standard output.

    fontgan scan page1.jpg page2.jpg -o hand
    """
    from fontgan import workflows

    free = _free(grid, chars, text, form)
    with console.progress() as bar:
        task = bar.add_task("reading", total=None)
        done = workflows.scan(
            photos,
            out,
            form=form,
            free=free,
            size=size,
            source=source,
            redo=redo,
            accept=accept,
            level=level,
            force=force,
            progress=lambda name: bar.update(task, advance=1, description=f"reading {name}"),
        )
    for verdict in dict.fromkeys(cell.verdict for cell in done.record.cells):
        found = [cell.char for cell in done.record.cells if cell.verdict == verdict]
        shown = "" if verdict == "good" else f": {''.join(dict.fromkeys(found))}"
        console.say(f"{len(found)} {verdict}{shown}")
    for note in done.notes:
        console.say(f"note: {note}")
    console.say(f"look at {done.review}")
    if json:
        console.as_json(_report(done))
        return
    console.result(done.folder)


def _free(grid: str | None, chars: str | None, text: str | None, form: Path | None) -> Grid | None:
    """Return how writing without a form lies, None for a form."""
    if grid is None and text is None:
        if chars is not None:
            raise typer.BadParameter("--chars goes with --grid; a form says its own characters")
        return None
    if form is not None or (grid is not None and text is not None):
        raise typer.BadParameter("give one of --form, --grid and --text")
    from fontgan import workflows

    if text is not None:
        return workflows.Grid(_text(text))
    if grid is None or chars is None:
        raise typer.BadParameter("--grid needs --chars: what stands in its cells")
    from fontgan.glyphs.charset import Charset

    sides = re.fullmatch(r"(\d{1,3})[xX×](\d{1,3})", grid)
    if not sides or "0" in (sides[1].lstrip("0") or "0", sides[2].lstrip("0") or "0"):
        raise typer.BadParameter(f"--grid {grid}: write ROWSxCOLUMNS, such as 10x8")
    # a set holds each character once; what was written may not
    literal = chars.removeprefix("text:")
    stands = "".join(literal.split()) if literal != chars else "".join(Charset.parse(chars))
    return workflows.Grid(stands, int(sides[1]), int(sides[2]))


def _text(text: str) -> str:
    r"""Return the lines: those of a file, or what was written with \n between."""
    from fontgan.files import read_bytes
    from fontgan.limits import MIB

    try:
        if Path(text).is_file():
            return read_bytes(text, MIB).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{text} is not UTF-8 text; convert it") from None
    except (OSError, ValueError):  # too long for a name, or holds a null character
        pass
    return text.removeprefix("text:").replace("\\n", "\n")


def _report(done: Scan) -> dict[str, Any]:
    from fontgan.config import plain

    return {
        "folder": str(done.folder),
        "review": str(done.review),
        "notes": list(done.notes),
        **plain(done.record),
    }
