"""`fontgan protocol`: named, fixed sets of faces and characters to train on and to score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import console
from .options import Device, Json
from .train import training_bar

Name = Annotated[str, typer.Argument(help="Such as seen-font or unseen-font-100; see list.")]

protocol = typer.Typer(
    name="protocol",
    help="Measure by fixed, named protocols: which faces and characters, always the same.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register(app: typer.Typer) -> None:
    """Add `protocol` to the application."""
    app.add_typer(protocol, rich_help_panel="Train and draw")


@protocol.command("list")
def list_protocols(json: Json = False) -> None:
    """List the protocols."""
    from fontgan.experiments.protocols import load, names

    known = [load(name) for name in names()]
    if json:
        console.as_json([{"name": one.name, "description": one.description} for one in known])
        return
    table = console.table("name", "what it measures")
    for one in known:
        table.add_row(one.name, one.description)
    console.print_table(table)


@protocol.command("show")
def show(
    name: Name,
    pick: Annotated[
        str, typer.Option(help="List of the characters given of an added face.")
    ] = "chosen",
    json: Json = False,
) -> None:
    """Show a protocol: its faces and its exact characters."""
    from fontgan.config import plain
    from fontgan.experiments.protocols import load

    found = load(name)
    given = "".join(found.given(pick))
    if json:
        lists = {key: "".join(getattr(found, key)) for key in ("train", "held_out", "scored")}
        console.as_json({**plain(found), **lists, "given": given})
        return
    console.result(f"{found.name}: {found.description}")
    console.result(f"source: {found.source}")
    console.result(f"trained on: {', '.join(found.faces)}")
    console.result(f"trained characters ({len(found.train)}): {''.join(found.train)}")
    if found.added:
        console.result(f"added: {', '.join(found.added)}")
        console.result(f"lists to pick from: {', '.join(found.picks)}")
        console.result(f"given of each, {pick} ({len(given)}): {given}")
    console.result(f"scored ({len(found.scored)}): {''.join(found.scored)}")


@protocol.command("run")
def run_(
    name: Name,
    run: Annotated[
        Path | None,
        typer.Option("--run", help="Model of the seen fonts (default: one is trained)."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder (default: protocols/NAME).")
    ] = None,
    pick: Annotated[
        str | None,
        typer.Option(help="Characters given of an added face: chosen (default), random-1, ..."),
    ] = None,
    method: Annotated[str | None, typer.Option(help="Method (default: zi2zi).")] = None,
    preset: Annotated[str | None, typer.Option(help="Preset (default: compact).")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="For training the seen fonts."),
    ] = None,
    adapt: Annotated[
        list[str] | None,
        typer.Option("--adapt", metavar="KEY=VALUE", help="For the training that adds fonts."),
    ] = None,
    size: Annotated[int, typer.Option(help="Pixels (default: the preset's).")] = 0,
    max_minutes: Annotated[
        float | None, typer.Option(help="Most minutes of each training.")
    ] = None,
    device: Device = "auto",
    jobs: Annotated[int, typer.Option(min=0, help="Processes; 0 is one a core.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what is in the folder; else go on with it.")
    ] = False,
    json: Json = False,
) -> None:
    """Run a protocol: build its data, train or adapt, score, write results.json and results.md.

    fontgan protocol run seen-font -o base

    fontgan protocol run unseen-both-100 --run base/run --pick random-1
    """
    from fontgan.experiments.protocol_run import Ways, run_protocol
    from fontgan.glyphs.painting import all_cores

    with training_bar() as tell:
        ways = Ways(
            method=method,
            preset=preset,
            settings=settings or [],
            adapt=adapt or [],
            size=size,
            max_minutes=max_minutes,
            device=device,
            jobs=jobs or all_cores(),
            force=force,
            tell=tell,
            say=console.say,
        )
        done = run_protocol(name, out, run=run, pick=pick, ways=ways)
    if json:
        console.as_json(done.results)
    else:
        console.say((done.folder / "results.md").read_text(encoding="utf-8"))
        console.result(done.folder / "results.md")
