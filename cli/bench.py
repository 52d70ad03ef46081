"""`fontgan bench`: how fast this installation is, and how near to what the machine can do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from .console import as_json, err, out, print_table, say, table
from .options import Device, Json

if TYPE_CHECKING:
    from fontgan.workflows.benching import Bench, Rate


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="bench", rich_help_panel="Train and draw")(bench)


def bench(
    stages: Annotated[
        list[str] | None,
        typer.Argument(help="render, data, train, infer, evaluate or all (default)."),
    ] = None,
    size: Annotated[int, typer.Option(help="Side of the images in pixels.")] = 64,
    method: Annotated[str, typer.Option(help="To train and to draw with.")] = "zi2zi",
    preset: Annotated[str, typer.Option(help="Of the method.")] = "compact",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Over the preset.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes of the parallel build.")] = 2,
    seconds: Annotated[float, typer.Option(min=0.01, help="Of each of three rounds.")] = 2.0,
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Measure this installation: rates of each stage, beside the machine's own ceilings.

    Three rounds each, the median; nothing else should be running. It is also of use before buying a
    machine.
    """
    from fontgan import workflows
    from fontgan.config import plain

    with err.status("measuring the machine") as status:

        def tell(rate: Rate) -> None:
            status.update(f"measured: {rate.what}")

        found = workflows.bench(
            stages or ["all"],
            size=size,
            method=method,
            preset=preset,
            settings=settings or [],
            jobs=jobs,
            seconds=seconds,
            device=device,
            tell=tell,
        )
    if json:
        as_json(plain(found))
    else:
        _show(found)


def _show(found: Bench) -> None:
    grid = table("stage", "what", ">a second", ">share", "of the machine's")
    for one in found.rates:
        share = "" if one.share is None else f"{one.share:.0%}"
        grid.add_row(one.stage, one.what, f"{one.rate:,.1f}", share, one.ceiling)
    print_table(grid)
    out.print()
    limits = table("ceiling", ">a second")
    units = {"copy": (1e9, "GB copied"), "rasterizer": (1, "glyphs by FreeType alone")}
    for name, value in found.ceilings.items():
        scale, unit = units.get(name, (1e9, f"GFLOP, {name} matrix product"))
        limits.add_row(unit, f"{value / scale:,.1f}")
    print_table(limits)
    say(", ".join(f"{name} {value}" for name, value in found.machine.items()))
    say(f"peak memory {found.peak_memory / 2**30:.2f} GiB")
