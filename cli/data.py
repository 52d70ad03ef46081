"""`fontgan data`: what is in a built data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import console

if TYPE_CHECKING:
    from fontgan.store.store import FaceImages, GlyphStore

data = typer.Typer(
    name="data",
    help="Look into data sets.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register(app: typer.Typer) -> None:
    """Add `data` to the application."""
    app.add_typer(data, rich_help_panel="Fonts and data")


@data.callback()
def _group() -> None:
    """Look into data sets."""


@data.command("show")
def show(
    folder: Annotated[Path, typer.Argument(metavar="DATA", help="Folder of a data set.")],
    preview: Annotated[
        Path | None,
        typer.Option(help="File of the preview sheet.", show_default="DATA/preview.png"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")] = False,
) -> None:
    """Print what a data set holds, style by style, and write a preview sheet."""
    from fontgan.store.store import GlyphStore
    from fontgan.workflows import data_preview

    store = GlyphStore.open(folder)
    sheet = data_preview(store, preview)
    rows = [_row(face, store) for face in (store.source, *store.styles)]
    if json:
        console.as_json(_report(store, rows, sheet))
        return
    canvas = store.canvas
    console.say(f"{store.size} pixels, fit {canvas.fit}, margin {canvas.margin:g}")
    console.say(store.leak or "split by character: what is held out is held out in every style")
    table = console.table("style", ">drawn", ">lacks", ">train", ">held out", "licence")
    for row in rows:
        lacks = sum(map(len, row["lacks"].values()))
        counts = (row["drawn"], lacks, row["train"], row["held_out"])
        table.add_row(row["name"], *map(str, counts), row["licence"].split("\n")[0][:40])
    console.out.print(table)
    console.say(f"preview: {sheet}")


def _row(face: FaceImages, store: GlyphStore) -> dict[str, Any]:
    held = int(store.held_out(face).sum())
    if face.name in store.held_out_styles and face is not store.source:
        held = len(face)
    return {
        "name": f"{face.name} (source)" if face is store.source else face.name,
        "drawn": len(face),
        "lacks": dict(face.missing),
        "train": len(face) - held,
        "held_out": held,
        "licence": face.licence or "not stated",
        "family": face.family,
        "sha256": face.sha256,
    }


def _report(store: GlyphStore, rows: list[dict[str, Any]], sheet: Path) -> dict[str, Any]:
    return {
        "path": str(store.path),
        "canvas": store.canvas.to_dict(),
        "chars": len(store.chars),
        "split": store.split,
        "held_out_chars": "".join(sorted(store.held_out_chars)),
        "held_out_pairs": {n: "".join(sorted(c)) for n, c in store.held_out_pairs.items()},
        "held_out_styles": list(store.held_out_styles),
        "fingerprint": store.fingerprint,
        "source": rows[0],
        "styles": rows[1:],
        "preview": str(sheet),
    }
