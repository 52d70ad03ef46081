"""`fontgan experiment`: published experiments, each one command from nothing to results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypedDict

import typer

from . import console
from .options import Device, Jobs
from .train import training_bar

if TYPE_CHECKING:
    from fontgan.experiments.ablating import Ablations
    from fontgan.experiments.running import Experiment
    from fontgan.store.split import Split
    from fontgan.training.pace import Event

METHODS = "methods"  # the experiment that compares them


class Common(TypedDict):
    """What an experiment and its ablations are both told."""

    quick: bool
    seed: int
    settings: list[str]
    device: str
    jobs: int
    say: Callable[[str], None]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="experiment", rich_help_panel="Train and draw")(experiment)


def experiment(
    name: Annotated[
        str | None,
        typer.Argument(help="A shipped experiment, or a TOML file; none lists the shipped ones."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="The form for two CPU cores, under 15 minutes.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of all results (default: experiments/NAME)."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the training; the first with --seeds.")] = 0,
    split: Annotated[
        Literal["pair", "character", "both"] | None,
        typer.Option(help="pair, as some papers do; character, the honest one; or both."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="One setting, for every training."),
    ] = None,
    ablate: Annotated[
        str | None,
        typer.Option(
            metavar="all|NAMES", help="Compare variants: all, or some, separated by commas."
        ),
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="How many seeds with --ablate.", show_default="3")
    ] = None,
    max_minutes: Annotated[
        float | None, typer.Option(help="Most minutes of training in all.")
    ] = None,
    chosen: Annotated[
        str | None,
        typer.Option("--methods", metavar="all|NAMES", help="Of the experiment methods: which."),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Of the experiment methods: processor time for each (2 or 10)."),
    ] = None,
    device: Device = "auto",
    jobs: Jobs = 0,
) -> None:
    """Do a published experiment: data, training, scores, sheet and tables, in one folder.

    fontgan experiment latin-bicyclegan --quick

    fontgan experiment methods --quick --methods pix2pix,cyclegan

    The same command goes on where it was stopped and skips what is finished. The path of the table
    goes to standard output.
    """
    if name is None:
        if any((folder, quick, split, settings, ablate, seeds, max_minutes, chosen, minutes)):
            raise typer.BadParameter("name the experiment that these options are for")
        _list()
        return
    if name == METHODS and any((split, settings, ablate, seeds, max_minutes)):
        raise typer.BadParameter(
            "the experiment methods takes --quick, --methods, --minutes, --out, --seed, --device, "
            "--jobs, and none of the others"
        )
    if name != METHODS and (chosen or minutes is not None):
        raise typer.BadParameter("--methods and --minutes are for: fontgan experiment methods")
    if ablate and max_minutes:
        raise typer.BadParameter("--max-minutes does not go with --ablate: all go equally far")
    if seeds and not ablate:
        raise typer.BadParameter("--seeds goes with --ablate")
    splits = _splits(split)
    if ablate and len(splits) > 1:
        raise typer.BadParameter("--ablate compares on one split: --split pair or character")
    from fontgan import experiments
    from fontgan.glyphs.painting import all_cores

    common: Common = {
        "quick": quick,
        "seed": seed,
        "settings": settings or [],
        "device": device,
        "jobs": jobs or all_cores(),
        "say": console.say,
    }
    try:
        with training_bar() as tell:
            if name == METHODS:
                which = console.split_words(chosen or "all")
                _compare_methods(folder, which, minutes, common, tell)
            elif ablate:
                variants = console.split_words(ablate)
                one = splits[0] if splits else None
                _show_ablations(
                    experiments.ablate(
                        name, folder, variants=variants, seeds=seeds, split=one, tell=tell, **common
                    )
                )
            else:
                done = experiments.experiment(
                    name, folder, splits=splits, max_minutes=max_minutes, tell=tell, **common
                )
                _show(done)
    except KeyboardInterrupt as stopped:
        console.say("stopped; the same command goes on from here")
        raise typer.Exit(143 if "SIGTERM" in stopped.args else 130) from None


def _compare_methods(
    folder: Path | None,
    chosen: list[str],
    minutes: float | None,
    common: Common,
    tell: Callable[[Event], None],
) -> None:
    from fontgan import experiments
    from fontgan.experiments.methods_page import page

    shared = {key: value for key, value in common.items() if key != "settings"}
    done = experiments.compare_methods(folder, chosen=chosen, minutes=minutes, tell=tell, **shared)  # type: ignore[arg-type]
    for line in page(done.results):
        if line.startswith(("|", "\n##")):
            console.say(line.strip())
    console.say(f"sheet: {done.sheet}")
    console.result(done.table)


def _splits(split: Literal["pair", "character", "both"] | None) -> list[Split]:
    return ["pair", "character"] if split == "both" else [split] if split else []


def _list() -> None:
    from fontgan.experiments.recipes import experiments

    grid = console.table("experiment", "what")
    for name, description in experiments().items():
        grid.add_row(name, description)
    grid.add_row(METHODS, "every method's compact preset, equally long on the same hands")
    console.print_table(grid)
    console.say("run one with: fontgan experiment NAME --quick")


def _show(done: Experiment) -> None:
    from fontgan.metrics.measures import BRIEF, MEASURES

    grid = console.table(
        "split", "stage", ">styles", ">glyphs", *(f">{MEASURES[key].label}" for key in BRIEF)
    )
    for row in done.results["summary"]:
        numbers = (f"{row['mean'][key]:.3f}" for key in BRIEF)
        counts = (str(len(row["styles"])), str(row["glyphs"]))
        grid.add_row(row["split"], row["stage"], *counts, *numbers)
    console.err.print(grid)
    for data in done.results["data"]["made"].values():
        if data["leak"]:
            console.say(f"note: {data['leak']}")
    seconds = done.results["seconds"]
    console.say(", ".join(f"{name} {value:.0f} s" for name, value in seconds.items()))
    console.say(f"sheet: {done.sheet}")
    console.result(done.table)


def _show_ablations(done: Ablations) -> None:
    from fontgan.metrics.measures import BRIEF, MEASURES

    grid = console.table("variant", ">seeds", *(f">{MEASURES[key].label}" for key in BRIEF))
    for one in done.results["variants"]:
        numbers = (f"{one['mean'][key]:.3f}" for key in BRIEF)
        grid.add_row(one["name"], str(len(one["seeds"])), *numbers)
    console.err.print(grid)
    console.say(f"picture: {done.picture}")
    console.result(done.table)
