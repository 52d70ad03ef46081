"""`fontgan export`: trained models as files to hand on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import busy, result, say
from .options import Run

if TYPE_CHECKING:
    from fontgan.workflows.exporting import Exported

Half = Annotated[
    bool,
    typer.Option("--half", help="Store weights in half precision; they compute in single."),
]


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    export = typer.Typer(no_args_is_help=True, help="Write a trained model as a file to hand on.")
    export.command("onnx")(onnx)
    export.command("weights")(weights)
    app.add_typer(export, name="export", rich_help_panel="Train and draw")


def onnx(
    run: Run = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The .onnx file (default: beside the checkpoint)."),
    ] = None,
    half: Half = False,
) -> None:
    """Write one ONNX file that is enough to draw: `fontgan infer FILE.onnx`.

    Inputs: source (B, 1, S, S) in [-1, 1], ink -1; style (B, N), weights of the N styles; z (B, Z)
    for a method with codes. Output: glyph (B, 1, S, S). It is checked against torch.
    """
    from fontgan.workflows.exporting import export_onnx

    with busy("exporting"):
        exported = export_onnx(run, out, half=half)
    _show(exported)


def weights(
    run: Run = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="The .safetensors file (default: NAME-weights beside the NAME)."
        ),
    ] = None,
    half: Half = False,
) -> None:
    """Write a checkpoint of only what draws, for infer, evaluate and train --from."""
    from fontgan.workflows.exporting import export_weights

    with busy("exporting"):
        exported = export_weights(run, out, half=half)
    _show(exported)


def _show(exported: Exported) -> None:
    for note in exported.notes:
        say(f"note: {note}")
    share = exported.after / exported.before
    say(
        f"{exported.checkpoint} has {_size(exported.before)}, "
        f"{exported.path} {_size(exported.after)} ({share:.0%})"
    )
    result(exported.path)


def _size(count: int) -> str:
    return f"{count / 2**20:.1f} MiB" if count >= 2**20 else f"{count / 2**10:.1f} KiB"
