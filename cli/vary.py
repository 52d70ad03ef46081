"""`fontgan vary`: learn how the hands of a run vary."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .console import as_json, count, progress, result, say
from .options import Device, Json, Run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="vary", rich_help_panel="Train and draw")(vary)


def vary(
    run: Run = None,
    data: Annotated[
        Path | None, typer.Option(help="Data set of the run, where that has moved.")
    ] = None,
    ends: Annotated[
        bool,
        typer.Option("--ends", help="Only how strokes end; how hands vary stays what it was."),
    ] = False,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Learn how hands of a run vary, for `infer --samples`, `--vary`, `--encode`, and end strokes.

    For methods that move a pen (penstroke), whose training ends with it; runs from before that, and
    those that were stopped, learn it here, in about two seconds a hand. Prints the checkpoints that
    it was written into.
    """
    from fontgan import workflows

    with progress() as bar:
        task = bar.add_task("looking at hands", total=None)
        varied = workflows.vary(
            run,
            data=data,
            ends=ends,
            device=device,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    if json:
        as_json(
            {
                "checkpoints": list(map(str, varied.checkpoints)),
                "hands": [asdict(hand) for hand in varied.hands],
                **varied.diversity.values(),
            }
        )
        return
    kept = [hand.style for hand in varied.hands if not hand.glyphs]
    learned = count(len(varied.hands) - len(kept), "hand")
    apart = varied.diversity.diversity
    if not ends:
        say(f"{learned} learned: {apart:.4f} in grey between two drawings of a glyph")
    if kept:
        say(f"{len(kept)} stay what they were: {', '.join(kept[:20])}")
    square = [f"{hand.style} {hand.square:.2f}" for hand in varied.hands if hand.square]
    if square:
        say(f"{len(square)} end strokes square: {', '.join(square[:20])}")
    for path in varied.checkpoints:
        result(path)
