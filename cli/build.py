"""`fontgan build`: draw a paired data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from . import console
from .options import Fit, Shard, parse_shard

if TYPE_CHECKING:
    from fontgan.store.store import GlyphStore


def register(app: typer.Typer) -> None:
    """Add `build` to the application."""
    app.command("build", rich_help_panel="Fonts and data")(build)


def build(
    source: Annotated[str, typer.Option("--source", "-s", help="Font to translate from.")],
    chars: Annotated[
        str, typer.Option("--chars", "-c", help="Characters: gb2312-1, text:..., a file, -.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the data set.")],
    targets: Annotated[
        list[str] | None,
        typer.Option("--targets", "-t", help="Fonts of the styles, one or more; name=FONT names."),
    ] = None,
    more: Annotated[
        list[str] | None, typer.Argument(metavar="[FONT]...", help="More targets.")
    ] = None,
    size: Annotated[int, typer.Option(help="Side of the images in pixels, 32 to 512.")] = 128,
    fit: Fit = "em",
    margin: Annotated[
        float, typer.Option(help="Share of the side left free on each side, 0 to 0.4.")
    ] = 0.05,
    holdout: Annotated[
        float, typer.Option(help="Share of the characters (or pairs) kept from training.")
    ] = 0.1,
    split: Annotated[
        Literal["character", "pair"],
        typer.Option(
            help="Hold out by character, in every style; or by pair, as some papers do: the "
            "character of a held-out glyph is then seen in other styles."
        ),
    ] = "character",
    holdout_styles: Annotated[
        list[str] | None,
        typer.Option("--holdout-styles", help="Style kept from training altogether; repeatable."),
    ] = None,
    chars_of: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STYLE=CHARS", help="A style draws only these of the characters; repeatable."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides what is held out.")] = 0,
    images: Annotated[
        list[str] | None,
        typer.Option("--images", help="Style from images: FOLDER or NAME=FOLDER; repeatable."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse when a face lacks any character.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace another data set in the folder.")
    ] = False,
    shard: Shard = None,
) -> None:
    """Draw a source font and target fonts as a paired data set.

    fontgan build --source noto-sans-sc --targets long-cang xiaolai --chars gb2312-1 -o data

    The same command again does nothing; after an interruption it goes on where it stopped. A shard
    draws a share of the faces, and the last one to end completes the data set.
    """
    limits = _chars_of(chars_of or [])
    share = parse_shard(shard)
    if share and force:
        raise typer.BadParameter(
            "--shard does not go with --force, which would remove what other shares draw"
        )
    from fontgan import workflows
    from fontgan.glyphs.painting import all_cores

    styles = console.split_words(",".join(holdout_styles) if holdout_styles else None)
    fonts = _split(targets) + _split(more)
    with console.progress() as bar:
        task = bar.add_task("drawing", total=None)
        settings: dict[str, Any] = {
            "size": size,
            "fit": fit,
            "margin": margin,
            "holdout": holdout,
            "split": split,
            "held_out_styles": styles,
            "chars_of": limits,
            "seed": seed,
            "images": images or [],
            "jobs": jobs or all_cores(),
            "strict": strict,
            "progress": lambda done, total: bar.update(task, completed=done, total=total),
        }
        if share:
            built = workflows.build_share(share, source, fonts, chars, out, **settings)
        else:
            store = workflows.build(source, fonts, chars, out, **settings, force=force)
    if not share:
        _show(store)
    elif built.store:
        console.say(f"share {share}: {len(built.drawn)} faces; all shares are there")
        _show(built.store)
    else:
        console.say(f"share {share}: {len(built.drawn)} faces; {len(built.missing)} are missing")


def _show(store: GlyphStore) -> None:
    from fontgan.glyphs.lacking import in_words

    for face in (store.source, *store.styles):
        note = in_words(face.name, face.missing)
        if note:
            console.say(f"note: {note}")
    pairs = sum(len(style) for style in store.styles)
    kept = sum(int(store.held_out(style).sum()) for style in store.styles)
    held = f" ({len(store.held_out_chars)} held out)" if store.split == "character" else ""
    console.say(f"{len(store.styles)} styles, {len(store.chars)} characters{held}")
    console.say(f"{pairs} pairs of {store.size} pixels, {kept} of them held out")
    if store.leak:
        console.say(f"note: {store.leak}")
    console.result(store.path)


def _chars_of(words: list[str]) -> dict[str, str]:
    limits: dict[str, str] = {}
    for word in words:
        style, equals, chars = word.partition("=")
        if not (style and equals and chars) or style in limits:
            raise typer.BadParameter(f"--chars-of {word}: write STYLE=CHARS, each style once")
        limits[style] = chars
    return limits


def _split(fonts: list[str] | None) -> list[str]:
    """Split targets written with commas; a comma before an axis (#2,wght=700) stays."""
    import re

    parts: list[str] = []
    for font in fonts or []:
        whole = "," not in font or _exists(font)
        parts += [font] if whole else re.split(r",(?![A-Za-z]{4}=[-\d.]+(?:,|$))", font)
    return [part for part in parts if part]


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # too long for a name: a list of fonts
        return False
