"""How `fontgan fonts` prints faces: tables for people, plain values for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fontgan.untrusted import printable

from . import console

if TYPE_CHECKING:
    from fontgan.faces.catalogue import Entry
    from fontgan.faces.face import FontFace
    from fontgan.glyphs.survey import Coverage, Survey

MAIN_CHARSET = {"cjk": "gb2312-1", "japanese": "jisx0208-1", "korean": "ksx1001"}
WIDE, WIDER = 105, 132  # columns from which the table has room for tags, and for families
SHOWN = 40  # characters of a list that a table shows


def _drawn(entry: Entry) -> dict[str, int]:
    """Return what the face draws as it is now: whole when fetched, else as embedded."""
    return entry.fetch_coverage if entry.state == "fetched" else entry.coverage


def print_list(chosen: list[Entry]) -> None:
    """Print the table of faces, with tags and families where there is room."""
    width = console.out.width
    more = ("tags",) * (width >= WIDE) + ("family",) * (width >= WIDER)
    grid = console.table("id", "class", "state", "licence", ">draws", "charset", *more)
    for entry in chosen:
        extra = (", ".join(entry.tags), entry.family)[: len(more)]
        grid.add_row(entry.id, entry.kind, entry.state, entry.licence, *_draws(entry), *extra)
    for column in grid.columns:
        column.no_wrap = True
    console.out.print(grid)
    available = sum(entry.state == "available" for entry in chosen)
    hint = f"; {available} to be fetched: fontgan fonts fetch ID" if available else ""
    console.say(f"\n{len(chosen)} faces{hint}")


def _draws(entry: Entry) -> tuple[str, str]:
    name = MAIN_CHARSET.get(entry.script, "alnum62")
    return str(_drawn(entry).get(name, 0)), name


def print_available(entry: Entry) -> None:
    """Print what the catalogue says of a face that is not on this machine."""
    _print_facts(_entry_facts(entry))
    from fontgan.glyphs.charset import Charset

    grid = console.table("charset", ">drawn", ">of")
    for name, count in entry.coverage.items():
        grid.add_row(name, str(count), str(len(Charset.parse(name))))
    console.out.print(grid)
    console.say(f"\nnot on this machine; get it with: fontgan fonts fetch {entry.id}")


def _entry_facts(entry: Entry) -> dict[str, str]:
    return {
        "id": entry.id,
        "family": entry.family,
        "class": entry.kind,
        "script": entry.script,
        "tags": ", ".join(entry.tags),
        "state": entry.state,
        "licence": entry.licence,
        "reserved names": ", ".join(entry.reserved_names),
        "package": f"{entry.package} {entry.version}",
    }


def _facts(face: FontFace, found: Survey, entry: Entry | None) -> dict[str, str]:
    facts = _entry_facts(entry) if entry else {"family": face.family, "licence": face.licence}
    return facts | {
        "subfamily": face.subfamily,
        "copyright": face.copyright,
        "licence URL": face.licence_url,
        "file": _files(face),
        "sha256": face.sha256,
        "characters": f"{found.drawn} drawn of {found.claimed} claimed",
    }


def _files(face: FontFace) -> str:
    first = face.pieces[0]
    count = len(face.pieces)
    return str(first) if count == 1 else f"{first.parent} ({count} pieces)"


def print_face(face: FontFace, found: Survey, entry: Entry | None) -> None:
    """Print what a face is and what it draws."""
    _print_facts(_facts(face, found, entry))
    _print_axes(face)
    _print_coverage([row for row in found.coverage if row.claimed])
    _print_undrawn(found)


def _print_facts(facts: dict[str, str]) -> None:
    grid = console.table("", "")
    grid.show_header = False
    grid.columns[0].no_wrap = True
    grid.columns[0].style = "bold"
    grid.columns[1].overflow = "fold"
    for name, value in facts.items():
        if value:
            grid.add_row(name, " ".join(value.split()))
    console.out.print(grid)
    console.out.print()


def _print_axes(face: FontFace) -> None:
    if not face.axes:
        return
    grid = console.table("axis", ">least", ">default", ">greatest")
    for tag, values in face.axes.items():
        grid.add_row(tag, *(f"{value:g}" for value in values))
    console.out.print(grid)
    console.out.print()


def _print_coverage(rows: list[Coverage]) -> None:
    grid = console.table("charset", ">drawn", ">claimed", ">of", "not drawn")
    for row in rows:
        counts = (str(row.drawn), str(row.claimed), str(row.total))
        grid.add_row(row.charset, *counts, _some(row.lacking, 16))
    console.out.print(grid)


def _print_undrawn(found: Survey) -> None:
    for what, chars in (("blank", found.blank), ("drawn as .notdef", found.tofu)):
        if chars:
            listed = printable(_some(chars, SHOWN))
            console.out.print(f"\n{len(chars)} claimed but {what}: {listed}", markup=False)


def _some(chars: tuple[str, ...], count: int) -> str:
    return "".join(chars[:count]) + (" ..." if len(chars) > count else "")


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return what the catalogue says of a face, as plain values."""
    return {
        "id": entry.id,
        "family": entry.family,
        "script": entry.script,
        "class": entry.kind,
        "tags": list(entry.tags),
        "state": entry.state,
        "licence": entry.licence,
        "reserved_names": list(entry.reserved_names),
        "source": entry.source,
        "package": entry.package,
        "version": entry.version,
        "fetchable": entry.fetchable,
        "coverage": _drawn(entry),
    }


def face_json(face: FontFace, found: Survey, entry: Entry | None) -> dict[str, Any]:
    """Return what a face is and draws, as plain values, with what the catalogue says."""
    charsets = {
        row.charset: {"drawn": row.drawn, "claimed": row.claimed, "of": row.total}
        for row in found.coverage
    }
    own = {
        "id": face.id,
        "family": face.family,
        "subfamily": face.subfamily,
        "copyright": face.copyright,
        "licence": entry.licence if entry else face.licence,
        "licence_url": face.licence_url,
        "files": [str(piece) for piece in face.pieces],
        "sha256": face.sha256,
        "axes": {tag: list(values) for tag, values in face.axes.items()},
        "claimed": found.claimed,
        "drawn": found.drawn,
        "blank": "".join(found.blank),
        "tofu": "".join(found.tofu),
        "coverage": {row.charset: row.drawn for row in found.coverage if row.drawn},
        "charsets": charsets,
    }
    return (entry_json(entry) if entry else {}) | own
