"""`fontgan render`: draw characters of fonts as images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import console
from .options import Fit, Shard, parse_shard

if TYPE_CHECKING:
    from fontgan.workflows import RenderReport


def register(app: typer.Typer) -> None:
    """Add `render` to the application."""
    app.command("render", rich_help_panel="Fonts and data")(render)


def render(
    fonts: Annotated[
        list[str],
        typer.Argument(
            metavar="FONT...",
            help="Catalogue ids, files (font.ttc#2, font.ttf#wght=700) or folders of pieces.",
        ),
    ],
    chars: Annotated[
        str, typer.Option("--chars", "-c", help="Characters: gb2312-1, text:..., a file, -.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for the images, one each for several fonts."),
    ] = None,
    size: Annotated[int, typer.Option(help="Side of the images in pixels, 32 to 512.")] = 128,
    fit: Fit = "em",
    margin: Annotated[
        float, typer.Option(help="Share of the side left free on each side, 0 to 0.4.")
    ] = 0.05,
    sheet: Annotated[Path | None, typer.Option(help="File of an overview picture (PNG).")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse when a font lacks any character.")
    ] = False,
    shard: Shard = None,
    json: Annotated[bool, typer.Option("--json", help="Print a report as JSON.")] = False,
) -> None:
    """Draw characters of fonts: one PNG a glyph, or a sheet, or both.

    The folders and the sheet made are printed on standard output, one path a line.
    """
    if out is None and sheet is None:
        raise typer.BadParameter("say where to: -o FOLDER, --sheet FILE, or both")
    share = parse_shard(shard)
    from fontgan import workflows
    from fontgan.glyphs.painting import all_cores

    with console.progress() as bar:
        task = bar.add_task("drawing", total=None)
        report = workflows.render(
            fonts,
            chars,
            out,
            size=size,
            fit=fit,
            margin=margin,
            sheet=sheet,
            jobs=jobs or all_cores(),
            strict=strict,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            shard=share,
        )
    for face in report.faces:
        console.say(f"{face.id}: {len(face.drawn)} drawn")
    for note in report.notes:
        console.say(f"note: {note}")
    if json:
        console.as_json(_report(report))
        return
    for path in [face.folder for face in report.faces if face.drawn] + [report.sheet]:
        if path:
            console.result(path)


def _report(report: RenderReport) -> dict[str, Any]:
    faces = [
        {
            "id": face.id,
            "spec": face.spec,
            "folder": str(face.folder) if face.folder else None,
            "drawn": "".join(face.drawn),
            "lacks": face.missing,
            "files": [str(file) for file in face.files],
        }
        for face in report.faces
    ]
    sheet = str(report.sheet) if report.sheet else None
    return {"canvas": report.canvas.to_dict(), "sheet": sheet, "faces": faces}
