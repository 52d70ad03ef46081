"""`fontgan infer` and `interpolate`: draw with a trained model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from .console import as_json, busy, count, progress, result, say, split_words
from .options import (
    Chars,
    CodeFrom,
    Device,
    Encode,
    Json,
    Mend,
    Run,
    RunOrFile,
    Samples,
    Seed,
    Shard,
    Source,
    Text,
    parse_shard,
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (infer, interpolate):
        app.command(name=command.__name__, rich_help_panel="Train and draw")(command)


def infer(
    run: RunOrFile = None,
    style: Annotated[
        list[str] | None,
        typer.Option(
            help="Style names or numbers, separated by commas, or all; repeatable (default: all, "
            "after adapt the hand it added)."
        ),
    ] = None,
    chars: Chars = None,
    text: Text = None,
    folder: Annotated[Path, typer.Option("--out", "-o", help="Folder for the glyphs.")] = Path(
        "glyphs"
    ),
    source: Source = None,
    samples: Samples = None,
    vary: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="AMOUNT",
            help="Random codes for every character: uneven, 0 not at all, 1 as the hand is.",
        ),
    ] = None,
    encode: Encode = None,
    code_from: CodeFrom = None,
    seed: Seed = 0,
    batch_size: Annotated[int, typer.Option(min=1, help="Glyphs drawn at once.")] = 64,
    device: Device = "auto",
    runtime: Annotated[
        Literal["torch", "onnx"] | None,
        typer.Option(
            help="torch, or onnx, which draws with the file of `fontgan export onnx` (default: "
            "onnx for an .onnx file)."
        ),
    ] = None,
    mend: Mend = False,
    size: Annotated[
        int | None,
        typer.Option(
            min=32, max=512, help="Side of the images (a model that moves a pen: penstroke)."
        ),
    ] = None,
    format: Annotated[
        Literal["png", "svg", "strokes-svg", "animated-svg", "json", "inkml", "hpgl"],
        typer.Option(
            help="png; or what a model that moves a pen writes (penstroke): svg is the filled "
            "outline, strokes-svg the centre lines, animated-svg writes itself, json and inkml "
            "are for programs, hpgl is for plotters."
        ),
    ] = "png",
    jobs: Annotated[
        int, typer.Option(min=0, help="Processes that write vectors; 0 is one a core.")
    ] = 0,
    shard: Shard = None,
    json: Json = False,
) -> None:
    """Draw characters in learned styles: one file a glyph, manifest.json and sheet.png.

    Without arguments the newest run draws characters it has not seen in training. The paths of the
    glyphs go to standard output, one a line.

    A model with codes (bicyclegan; penstroke, whose hands vary) draws a glyph in many ways:
    --samples, --encode and --code-from choose codes, which all characters share, and
    codes.safetensors keeps them; with --vary each character has its own. Sample k is in sample-k.
    """
    chars = _specification(chars, text)
    _check_codes(samples, encode, code_from, vary)
    share = parse_shard(shard)
    from fontgan import workflows
    from fontgan.glyphs.painting import all_cores

    with progress() as bar:
        task = bar.add_task("drawing", total=None)
        drawing = workflows.infer(
            run,
            split_words(",".join(style)) if style else None,
            chars,
            folder,
            source=source,
            seed=seed,
            device=device,
            batch_size=batch_size,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            samples=samples,
            vary=vary,
            encode=encode or (),
            code_from=code_from,
            runtime=runtime,
            shard=share,
            mend=mend,
            size=size,
            format=format,
            jobs=jobs or all_cores(),
        )
    for note in drawing.notes:
        say(f"note: {note}")
    if drawing.missing:
        say(f"{len(drawing.missing)} not in the source font: {''.join(drawing.missing[:40])}")
    if drawing.mending:
        say(str(drawing.mending))
    if drawing.sheet:
        say(f"{count(len(drawing.files), 'glyph')} in {drawing.folder}, sheet {drawing.sheet}")
    else:
        glyphs = count(len(drawing.files), "glyph")
        say(f"{glyphs} in {drawing.folder}; other shares are not drawn yet")
    if drawing.codes_file:
        say(f"to draw more with the same codes: --code-from {drawing.codes_file}")
    if json:
        as_json(
            {
                "checkpoint": str(drawing.checkpoint),
                "folder": str(drawing.folder),
                "sheet": str(drawing.sheet) if drawing.sheet else None,
                "styles": drawing.styles,
                "chars": "".join(drawing.chars),
                "missing": "".join(drawing.missing),
                "samples": len(drawing.codes) if drawing.codes else None,
                "codes": str(drawing.codes_file) if drawing.codes_file else None,
                "mending": asdict(drawing.mending) if drawing.mending else None,
                "files": [str(file) for file in drawing.files],
            }
        )
    else:
        for file in drawing.files:
            result(file)


def interpolate(
    run: Run = None,
    styles: Annotated[
        str | None,
        typer.Option(
            help="Two or more styles, separated by commas (default: 0,1); with codes just one."
        ),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Drawings from one to the next.")] = 10,
    chars: Chars = None,
    text: Text = None,
    gif: Annotated[bool, typer.Option("--gif", help="Also write the animated loop.")] = False,
    folder: Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")] = Path(
        "blend"
    ),
    source: Source = None,
    samples: Samples = None,
    encode: Encode = None,
    code_from: CodeFrom = None,
    seed: Seed = 0,
    device: Device = "auto",
) -> None:
    """Draw the way from style to style, or from code to code in one style, and back to the first.

    The codes are those of --samples, --encode (twice or more) or --code-from.
    """
    chars = _specification(chars, text)
    _check_codes(samples, encode, code_from)
    coded = samples or encode or code_from
    from fontgan import workflows

    with busy("drawing"):
        files = workflows.interpolate(
            run,
            split_words("0,1" if styles is None and not coded else styles),
            folder,
            steps=steps,
            chars=chars,
            gif=gif,
            source=source,
            device=device,
            say=say,
            samples=samples,
            encode=encode or (),
            code_from=code_from,
            seed=seed,
        )
    for file in files:
        result(file)


def _specification(chars: str | None, text: str | None) -> str | None:
    if chars is not None and text is not None:
        raise typer.BadParameter("give --chars or --text, not both")
    return f"text:{text}" if text is not None else chars


def _check_codes(
    samples: int | None, encode: list[str] | None, code_from: Path | None, vary: float | None = None
) -> None:
    if (samples is not None) + bool(encode) + (code_from is not None) > 1:
        raise typer.BadParameter("give one of --samples, --encode and --code-from")
    if vary is not None and (encode or code_from is not None):
        raise typer.BadParameter("--vary draws random codes; leave out --encode and --code-from")
