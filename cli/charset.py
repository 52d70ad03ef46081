"""`fontgan charset`: which character sets there are, what is in one, which fonts draw it."""

from __future__ import annotations

from typing import Annotated

import typer

from . import console

Spec = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", help="Names, files, - or text:..., joined by +; such as gb2312-1+digits."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]

charset = typer.Typer(
    name="charset",
    help="List, show and check character sets.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register(app: typer.Typer) -> None:
    """Add `charset` to the application."""
    app.add_typer(charset, rich_help_panel="Fonts and data")


@charset.command("list")
def list_charsets(json: Json = False) -> None:
    """List the named character sets."""
    from fontgan.glyphs.charset import Charset, names

    known = [
        {"name": name, "size": None if name == "common-N" else len(Charset.parse(name)), "is": text}
        for name, text in names().items()
    ]
    if json:
        console.as_json(known)
        return
    table = console.table("name", ">characters", "what it is")
    for row in known:
        table.add_row(str(row["name"]), str(row["size"] or "1-N"), str(row["is"]))
    console.out.print(table)


@charset.command("show")
def show(
    spec: Spec,
    codepoints: Annotated[
        bool, typer.Option("--codepoints", help="One code point and character a line.")
    ] = False,
    json: Json = False,
) -> None:
    """Print the characters of a set on one line."""
    from fontgan.glyphs.charset import Charset

    chars = Charset.parse(spec).chars
    if json:
        console.as_json({"spec": spec, "size": len(chars), "chars": "".join(chars)})
    elif codepoints:
        console.result("\n".join(f"U+{ord(char):04X}\t{char}" for char in chars))
    else:
        console.result("".join(chars))


@charset.command("coverage")
def coverage(
    spec: Spec,
    fonts: Annotated[list[str], typer.Argument(metavar="FONT...", help="Fonts to check.")],
    json: Json = False,
) -> None:
    """Count what fonts really draw of a set: ink, not only an entry in the character map."""
    from fontgan.glyphs.charset import Charset
    from fontgan.glyphs.face import FontFace
    from fontgan.glyphs.lacking import lacks

    chars, rows = Charset.parse(spec).chars, []
    for font in fonts:
        face = FontFace.open(font)
        missing = lacks(chars, [face.status(char) for char in chars])
        drawn = len(chars) - sum(map(len, missing.values()))
        rows.append({"font": face.id, "size": len(chars), "drawn": drawn, "lacks": missing})
    if json:
        console.as_json(rows)
        return
    table = console.table("font", ">drawn", ">of", ">missing", ">blank", ">tofu", "lacks")
    for row in rows:
        lacking = row["lacks"]
        counts = [str(len(lacking[lack])) for lack in ("missing", "blank", "tofu")]
        first = "".join(lacking.values())
        shown = first[:16] + ("..." if len(first) > 16 else "")
        table.add_row(str(row["font"]), str(row["drawn"]), str(row["size"]), *counts, shown)
    console.out.print(table)
