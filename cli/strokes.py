"""`fontgan strokes`: stroke sets, the strokes of characters and pictures of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import console

if TYPE_CHECKING:
    from fontgan.strokes.paths import Strokes

JSON = typer.Option(False, "--json", help="Print JSON on stdout.")
WIDE = 105  # columns from which the table has room for titles
SHOWN = 16  # characters of a list that a table shows
Found = dict[str, tuple["Strokes", str]]  # by character, with the id of the set

strokes = typer.Typer(
    name="strokes",
    help="List stroke sets, show the strokes of characters, fetch more.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register(app: typer.Typer) -> None:
    """Add `strokes` to the application."""
    app.add_typer(strokes, rich_help_panel="Fonts and data")


@strokes.command("list")
def list_sets(as_json: bool = JSON) -> None:
    """List the stroke sets, in the order in which they are asked for a character."""
    from fontgan.config import plain
    from fontgan.strokes.catalogue import available

    if as_json:
        console.as_json([{**plain(one), "state": one.state} for one in available()])
        return
    more = ("title",) * (console.out.width >= WIDE)
    grid = console.table("id", "state", ">characters", "licence", *more)
    for one in available():
        row = (one.id, one.state, str(one.characters), one.licence)
        grid.add_row(*row, *(one.title,)[: len(more)])
    for column in grid.columns:
        column.no_wrap = True
    console.out.print(grid)
    waiting = sum(one.state == "available" for one in available())
    hint = f"; {waiting} to be fetched: fontgan strokes fetch ID" if waiting else ""
    console.say(f"\n{len(available())} stroke sets{hint}")


@strokes.command("show")
def show(
    chars: Annotated[list[str], typer.Argument(metavar="CHAR...", help="Characters.")],
    set_id: str = typer.Option("", "--set", metavar="ID", help="Only this set (default: all)."),
    trace: str = typer.Option(
        "", metavar="FONT", help="Trace them from this font instead: a catalogue id or file."
    ),
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Write a picture, .png or .svg: order and direction."),
    ] = None,
    animate: bool = typer.Option(False, "--animate", help="The .svg writes stroke after stroke."),
    as_json: bool = JSON,
) -> None:
    """Show the strokes of characters: their order, direction and the set they are from.

    Em units: x to the right, y down, from the upper left corner of the em box.
    """
    from fontgan.glyphs.charset import Charset

    _check_picture(out, animate)
    found = _found(Charset.parse("text:" + "".join(chars)).chars, set_id, trace)
    if out:
        _picture({char: one for char, (one, _) in found.items()}, out, animate)
    if as_json:
        console.as_json([_glyph_json(char, *one) for char, one in found.items()])
    elif out:
        console.result(out)
    else:
        _print_strokes(found)


@strokes.command("coverage")
def coverage(
    spec: Annotated[
        str,
        typer.Argument(metavar="CHARS", help="Charset names, files, - or text:..., joined by +."),
    ],
    as_json: bool = JSON,
) -> None:
    """Count the characters of a charset that each set on this machine has, and all together."""
    from fontgan.glyphs.charset import Charset
    from fontgan.strokes.catalogue import available, find

    chars = Charset.parse(spec).chars
    sets = {one.id: find(one.id) for one in available() if one.state != "available"}
    rows = [_coverage_row(name, chars, [found]) for name, found in sets.items()]
    rows.append(_coverage_row("any", chars, list(sets.values())))
    if as_json:
        console.as_json(rows)
        return
    grid = console.table("set", ">has", ">of", ">share", "lacks")
    for row in rows:
        lacks = row["lacks"][:SHOWN] + "..." * (len(row["lacks"]) > SHOWN)
        grid.add_row(
            row["set"], str(row["has"]), str(row["of"]), f"{row['has'] / row['of']:.1%}", lacks
        )
    console.out.print(grid)


@strokes.command("fetch")
def fetch(
    set_id: Annotated[str, typer.Argument(metavar="ID", help="A set of the catalogue.")],
    package: Annotated[
        Path | None,
        typer.Option("--from", help="The package's file, where it is on this machine already."),
    ] = None,
) -> None:
    """Make a set of its package, pinned by hash, which pip gets from PyPI; print its folder."""
    from fontgan.strokes.catalogue import record
    from fontgan.strokes.fetch import fetch as fetch_set

    wanted = record(set_id)
    with console.err.status(f"making {set_id} of {wanted.package} {wanted.version}"):
        folder = fetch_set(set_id, package)
    console.say(f"{set_id}, {wanted.licence}: see {wanted.licence_file} and NOTICE.txt there")
    console.result(folder)


def _found(chars: tuple[str, ...], set_id: str, trace: str) -> Found:
    from fontgan.errors import ConfigError

    if trace and set_id:
        raise ConfigError("give --set or --trace, not both")
    return _traced(chars, trace) if trace else _looked_up(chars, set_id)


def _traced(chars: tuple[str, ...], font: str) -> Found:
    from fontgan.faces.face import FontFace
    from fontgan.strokes.tracing import trace_face

    face = FontFace.open(font)
    return {char: (trace_face(face, char), f"traced from {face.id}") for char in chars}


def _looked_up(chars: tuple[str, ...], set_id: str) -> Found:
    from fontgan.errors import DataError
    from fontgan.strokes.catalogue import find, present, strokes_of

    ids = (find(set_id).id,) if set_id else present()
    found: Found = {}
    for char in chars:
        known = strokes_of(char, ids)
        if known is None:
            raise DataError(
                f"no strokes of {char!r} (U+{ord(char):04X}) in {', '.join(ids)}; trace them from "
                "a font that draws it: --trace FONT"
            )
        found[char] = known
    return found


def _check_picture(out: Path | None, animate: bool) -> None:
    from fontgan.errors import ConfigError

    suffix = out.suffix.lower() if out else ""
    if out and suffix not in (".png", ".svg"):
        raise ConfigError(f"{out}: a picture of strokes is .png or .svg")
    if animate and suffix != ".svg":
        raise ConfigError("--animate writes an animated picture: give it a name with -o FILE.svg")


def _picture(glyphs: dict[str, Strokes], out: Path, animate: bool) -> None:
    from fontgan.strokes.pictures import save_png, save_svg

    if out.suffix.lower() == ".png":
        save_png(glyphs, out)
    else:
        save_svg(glyphs, out, animate)


def _glyph_json(char: str, found: Strokes, origin: str) -> dict[str, Any]:
    lines = [
        [[round(float(value), 5) for value in point] for point in line] for line in found.polylines
    ]
    value: dict[str, Any] = {"char": char, "set": origin, "strokes": lines}
    if found.radii is not None:
        value["radii"] = [[round(float(one), 5) for one in radii] for radii in found.radii]
    return value


def _print_strokes(found: Found) -> None:
    grid = console.table("character", "set", ">stroke", "from", "to", ">points")
    for char, (one, origin) in found.items():
        for number, line in enumerate(one.polylines, 1):
            ends = (f"{x:.2f}, {y:.2f}" for x, y in (line[0], line[-1]))
            first = (char, origin) if number == 1 else ("", "")
            grid.add_row(*first, str(number), *ends, str(len(line)))
    console.print_table(grid)


def _coverage_row(name: str, chars: tuple[str, ...], sets: list[Any]) -> dict[str, Any]:
    lacks = "".join(char for char in chars if not any(char in one for one in sets))
    return {"set": name, "has": len(chars) - len(lacks), "of": len(chars), "lacks": lacks}
