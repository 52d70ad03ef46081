"""`fontgan fonts`: which faces there are, what one really draws, and fetching whole fonts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from . import console, fonts_view

if TYPE_CHECKING:
    from fontgan.faces.catalogue import Entry

JSON = typer.Option(False, "--json", help="Print JSON on stdout.")

fonts = typer.Typer(
    name="fonts",
    help="List, examine and fetch faces.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register(app: typer.Typer) -> None:
    """Add `fonts` to the application."""
    app.add_typer(fonts, rich_help_panel="Fonts and data")


@fonts.command("list")
def list_fonts(
    kind: str = typer.Option(
        "", "--class", help="Only print, kai, handwriting, brush or display faces."
    ),
    script: str = typer.Option("", "--script", help="Only latin, cjk, japanese or korean faces."),
    tag: str = typer.Option("", "--tag", help="Only faces with this tag, such as caps-only."),
    as_json: bool = JSON,
) -> None:
    """List the faces of the catalogue: class, licence, where they are, what they draw."""
    from fontgan.faces.catalogue import entries

    wanted = _known("class", kind, {entry.kind for entry in entries()})
    chosen = [entry for entry in entries() if wanted in ("", entry.kind)]
    wanted = _known("script", script, {entry.script for entry in entries()})
    chosen = [entry for entry in chosen if wanted in ("", entry.script)]
    wanted = _known_tag(tag)
    chosen = [entry for entry in chosen if not wanted or entry.has_tag(wanted)]
    if as_json:
        console.as_json([fonts_view.entry_json(entry) for entry in chosen])
        return
    fonts_view.print_list(chosen)


@fonts.command("show")
def show(
    font: str = typer.Argument(..., metavar="ID|FILE", help="A catalogue id, file or folder."),
    as_json: bool = JSON,
) -> None:
    """Show what a face draws against what it claims, its names, axes and licence."""
    from fontgan.faces.catalogue import entries

    entry = next((entry for entry in entries() if entry.id == font), None)
    if entry and entry.state == "available":
        if as_json:
            console.as_json(fonts_view.entry_json(entry))
        else:
            fonts_view.print_available(entry)
        return
    from fontgan.faces.face import FontFace
    from fontgan.glyphs.survey import survey

    with console.err.status("reading the font"):  # subset pieces take a while the first time
        face = FontFace.open(font)
        found = survey(face)
    if as_json:
        console.as_json(fonts_view.face_json(face, found, entry))
    else:
        fonts_view.print_face(face, found, entry)


@fonts.command("fetch")
def fetch(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Catalogue ids.")] = None,
    tag: str = typer.Option(
        "", "--tag", help="All fetchable faces with this class, script or tag."
    ),
) -> None:
    """Fetch whole fonts through npm into the cache, checked by hash; print their paths."""
    from fontgan.faces.catalogue import entries
    from fontgan.faces.fetch import fetch as fetch_fonts

    if not ids and not tag:
        raise typer.BadParameter("give the ids of faces, or --tag", param_hint="ID")
    wanted = _known_tag(tag)
    tagged = [e.id for e in entries() if wanted and e.fetchable and e.has_tag(wanted)]
    for path in fetch_fonts([*(ids or []), *tagged], progress=_tell):
        console.result(path)


def _tell(entry: Entry, state: str) -> None:
    words = {
        "there": f"{entry.id} is there already",
        "fetching": f"fetching {entry.id}: {entry.package} {entry.version}",
        "fetched": f"fetched {entry.id}, {entry.licence}",
    }
    console.say(words[state])


def _known(what: str, value: str, known: set[str]) -> str:
    from fontgan.errors import ConfigError, nearest

    if value and value not in known:
        raise ConfigError(f"no {what} {value!r} in the catalogue: {nearest(value, sorted(known))}")
    return value


def _known_tag(tag: str) -> str:
    from fontgan.faces.catalogue import entries

    return _known("tag", tag, {t for e in entries() for t in (e.kind, e.script, *e.tags)})
