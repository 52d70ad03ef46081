"""`fontgan charset`: which character sets there are, what is in one, which fonts draw it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import console
from .options import Json

Spec = Annotated[
    str,
    typer.Argument(
        metavar="SPEC", help="Names, files, - or text:..., joined by +; such as gb2312-1+digits."
    ),
]

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
    from fontgan.faces.face import FontFace
    from fontgan.glyphs.charset import Charset
    from fontgan.glyphs.lacking import lacks

    chars = Charset.parse(spec).chars
    rows: list[dict[str, Any]] = []
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


@charset.command("choose")
def choose(
    count: Annotated[int, typer.Option("--count", "-n", help="How many characters.")],
    target: Annotated[
        str, typer.Option("--for", metavar="SPEC", help="The set to be covered, such as gb2312.")
    ],
    source: Annotated[
        str, typer.Option("--source", "-s", help="Font whose drawings are looked at.")
    ] = "noto-sans-sc",
    among: Annotated[
        str | None,
        typer.Option(metavar="SPEC", help="Choose only from these, such as common-1000."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Also write the characters to this file.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of k-means and of the random choices.")] = 0,
    json: Json = False,
) -> None:
    """Choose the characters that, written by hand, teach most: those that cover the most parts.

    Parts are found in the source font's own drawings, at 64 px an em, thinned to centre lines:
    components (pieces that gaps divide, each in its own box), joints (3/8 em around each end, turn
    and crossing) and strokes (1/4 em around these). K-means over histograms of line directions
    makes them words, coarse and fine ones. A part weighs as much as there are characters of the set
    that have it; the character that adds most is taken, again and again, so the first 50 of 100
    are what 50 would be. Covered once, a part keeps a quarter of its worth.

    fontgan charset choose --count 100 --for gb2312-1 | fontgan render noto-sans-sc --chars - -o out
    """
    from fontgan.config import plain
    from fontgan.files import atomic_write
    from fontgan.glyphs.charset import Charset
    from fontgan.glyphs.choosing import RANDOM_CHOICES
    from fontgan.glyphs.choosing import choose as choose_chars

    if "-" in (target, among) and target == among:
        raise typer.BadParameter("only one of --for and --among can read standard input")
    subset = Charset.parse(among) if among else None
    with console.busy("choosing"):
        choice = choose_chars(Charset.parse(target), count, source, subset, seed)
    line = "".join(choice.chars)
    if out:
        with atomic_write(out) as part:
            part.write_text(f"{line}\n", encoding="utf-8")
    for note in choice.notes:
        console.say(f"note: {note}")
    if json:
        console.as_json({**plain(choice), "chars": line})
        return
    console.say(
        f"{count} of {choice.size} characters of {target}; parts seen in {choice.source}; random "
        f"is the mean of {RANDOM_CHOICES} choices; occurrences count a part for each character of "
        "the set that has it"
    )
    table = console.table("parts", ">of set", ">chosen", ">random", ">occurrences", ">random")
    for kind, size in choice.counts.items():
        both = (choice.cover, choice.random)
        shares = [cover.parts[kind] for cover in both] + [cover.weighted[kind] for cover in both]
        table.add_row(kind, str(size), *(f"{share:.1%}" for share in shares))
    console.err.print(table)
    console.result(line)
