"""`fontgan train`: train a method on a data set."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import as_json, busy, err, out, result, say, split_words, table
from .options import Device, Json

if TYPE_CHECKING:
    from fontgan.training.pace import Event
    from fontgan.training.request import TrainingOptions
    from fontgan.workflows import Estimate, TrainingResult


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="train", rich_help_panel="Train and draw")(train)


def train(
    data: Annotated[
        Path | None, typer.Argument(help="Data set made by `fontgan build`.", show_default=False)
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of the run (default: runs/METHOD-PRESET)."),
    ] = None,
    method: Annotated[
        str | None, typer.Option(help="Method (default: zi2zi, or that of --from).")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(help="paper, small or compact (default: compact, or as --from was trained)."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file of settings, over the preset's.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="One setting, over preset and file."),
    ] = None,
    device: Device = "auto",
    devices: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="GPUs of each machine, or processes on its cores; the batch is shared.",
            show_default=False,
        ),
    ] = None,
    nodes: Annotated[
        int, typer.Option(min=1, help="Machines; torchrun or srun starts the command on each.")
    ] = 1,
    max_minutes: Annotated[
        float | None, typer.Option(help="Stop after so many minutes; --resume goes on.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run in -o, or the newest run here.")
    ] = False,
    also: Annotated[
        Path | None,
        typer.Option(help="A second data set, of other hands, for training on both in turns."),
    ] = None,
    start: Annotated[
        Path | None, typer.Option("--from", help="Run or checkpoint to start from.")
    ] = None,
    styles: Annotated[
        str | None, typer.Option(help="Train only on these styles, separated by commas.")
    ] = None,
    add_style: Annotated[
        str | None,
        typer.Option(
            help="Styles to add to --from; what its own styles draw stays the same, bit for bit."
        ),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(help="Style of --from that added ones begin as (default: the mean of all)."),
    ] = None,
    freeze: Annotated[
        str | None, typer.Option(help="Networks that do not move, for example encoder.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run in -o.")] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print settings, sizes, time and memory; write nothing."),
    ] = False,
    json: Json = False,
) -> None:
    """Train a method on a data set.

    Ctrl-C saves and stops; --resume goes on. The run's folder gets a log, sample sheets of held-out
    characters, and the latest and the best checkpoint.
    """
    if resume and (force or dry_run):
        raise typer.BadParameter("--resume does not go with --force or --dry-run")
    if dry_run and (folder or force or tensorboard or max_minutes is not None):
        raise typer.BadParameter(
            "--dry-run trains and writes nothing: leave out --out, --force, --tensorboard and "
            "--max-minutes"
        )
    from fontgan.training.request import TrainingRequest

    going_on = resume and _is_run(folder)
    if data is None and not going_on:
        raise typer.BadParameter(
            f"{folder} holds no run to go on with; name another with -o, or the data set to begin "
            "one on"
            if resume
            else "name the data set to train on, or use --resume"
        )
    options: TrainingOptions = {
        "method": method,
        "preset": preset,
        "config": config,
        "settings": settings or [],
        "device": device,
        "devices": devices,
        "nodes": nodes,
        "max_minutes": max_minutes,
        "tensorboard": tensorboard,
        "also": also,
        "start": start,
        "styles": split_words(styles),
        "add_styles": split_words(add_style),
        "like": like,
        "freeze": split_words(freeze),
    }
    TrainingRequest(**options)  # refuses nonsense before torch is loaded
    from fontgan import workflows
    from fontgan.config import plain
    from fontgan.devices.crew import leads

    if dry_run:
        with busy("measuring a few iterations"):
            estimate = workflows.estimate(data or "", **options)
        _show(estimate, json)
        return
    with training_bar() as tell:
        if going_on:
            done = workflows.resume(folder, data=data, tell=tell, **options)
        else:
            done = workflows.train(data or "", folder, force=force, tell=tell, **options)
    if leads():
        say(_summary(done))
        if json:
            as_json({**plain(done), "folder": str(done.folder)})
        else:
            result(done.folder)
    if done.ended.startswith("SIG"):
        raise typer.Exit(130 if done.ended == "SIGINT" else 143)


def _is_run(folder: Path | None) -> bool:
    """Tell whether there is a run to go on with; without a folder the newest run is looked for."""
    from fontgan.runs.folder import LATEST

    return folder is None or (folder / LATEST).exists()


class _Bar:
    """A progress bar with rate, remaining time and losses; lines where there is no terminal."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[losses]}"),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        )
        # Hidden until the first event, which knows the total.
        self.task = self.bar.add_task("training", total=1, visible=False, rate="", losses="")

    def tell(self, event: Event) -> None:
        """Show an event."""
        self.bar.update(
            self.task,
            completed=event.iteration,
            total=event.total,
            rate=f"{event.rate:.1f} img/s",
            visible=True,
        )
        if event.kind == "losses":
            self.bar.update(self.task, losses=_losses(event.main))
        if event.kind == "check":
            scores = "  ".join(f"{name} {value:.4f}" for name, value in event.values.items())
            label = "held out" if scores else "no held-out characters to score"
            line = f"{event.iteration:>7}/{event.total}  {event.rate:.1f} img/s  {label}  {scores}"
            say(line.rstrip())
        for complaint in event.complaints:
            say(f"warning: {complaint}")

    def scored(self, done: int, total: int) -> None:
        """Show how many glyphs are scored after the training."""
        self.bar.update(
            self.task, description="scoring", completed=done, total=total, rate="", losses=""
        )

    def __enter__(self) -> Callable[[Event], None]:
        self.bar.start()
        return self.tell

    def __exit__(self, *error: object) -> None:
        self.bar.stop()


def training_bar() -> _Bar:
    """Return the progress bar of a training run; as a context it gives what to tell events to."""
    return _Bar()


def _losses(losses: dict[str, float]) -> str:
    return "  ".join(f"{name.partition('/')[2]} {value:.3f}" for name, value in losses.items())


def _summary(done: TrainingResult) -> str:
    words = {"finished": "finished", "time": "out of time", "early": "stopped early, no better,"}
    ended = words.get(done.ended, f"stopped by {done.ended}")
    text = f"{ended} at {done.iteration} of {done.total} iterations"
    if done.best:
        scores = ", ".join(f"{k} {v:.4f}" for k, v in done.best.items() if k != "iteration")
        text += f"; best held-out {scores} (iteration {done.best['iteration']:.0f})"
    if done.iteration < done.total:
        text += f"; go on with: fontgan train -o {done.folder} --resume"
    return text


def _show(estimate: Estimate, json: bool) -> None:
    from fontgan.config import plain, to_toml

    if json:
        as_json(plain(estimate))
        return
    result(to_toml(estimate.settings))
    grid = table("network", ">parameters")
    for name, count in estimate.parameters.items():
        grid.add_row(name, f"{count:,}")
    out.print(grid)
    facts = table("estimate", ">value")
    facts.add_row("training pairs", f"{estimate.pairs:,}")
    facts.add_row("iterations", f"{estimate.iterations:,}")
    facts.add_row(f"images a second ({estimate.device})", f"{estimate.images_per_second:.1f}")
    facts.add_row("time", _duration(estimate.seconds))
    facts.add_row("peak memory", f"{estimate.peak_memory / 2**30:.2f} GiB")
    out.print()
    out.print(facts)
    for note in estimate.notes:
        say(f"note: {note}")


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
