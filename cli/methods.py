"""`fontgan methods`: what can be trained, and every setting of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import console

Json = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]
Name = Annotated[str, typer.Argument(help="Such as zi2zi; see list.")]

methods = typer.Typer(
    name="methods",
    help="The methods to train: papers, settings, presets.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def register(app: typer.Typer) -> None:
    """Add `methods` to the application."""
    app.add_typer(methods, rich_help_panel="Train and draw")


@methods.command("list")
def list_methods(json: Json = False) -> None:
    """List the methods, with their presets and papers."""
    from fontgan import workflows
    from fontgan.config import plain

    pages = workflows.describe_methods()
    if json:
        console.as_json([plain(page) for page in pages])
        return
    table = console.table("name", "pairs", "presets", "paper")
    for page in pages:
        table.add_row(page.name, page.pairing, ", ".join(page.presets), page.paper)
    console.print_table(table)


@methods.command("show")
def show(name: Name, json: Json = False) -> None:
    """Show a method: where it comes from, what it does, every setting and its default."""
    from fontgan import workflows
    from fontgan.config import plain

    page = workflows.describe_method(name)
    if json:
        console.as_json(plain(page))
        return
    console.result(f"{page.name}: {page.summary}")
    console.result(f"paper: {page.paper}")
    console.result(f"sources and targets: {page.pairing}")
    sizes = (f"{preset} ({size} px)" for preset, size in page.presets.items())
    console.result(f"presets: {', '.join(sizes)}")
    if page.description:
        console.result(f"\n{page.description}\n")
    table = console.table("setting", "default", "allowed", "meaning")
    for setting in page.settings:
        table.add_row(setting.name, _written(setting.default), setting.allowed, setting.meaning)
    console.print_table(table)


def _written(value: Any) -> str:
    """Return a value as ``--set`` takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
