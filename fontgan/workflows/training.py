"""Training: from a data set to a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Unpack

from fontgan.devices.crew import leads, on_devices
from fontgan.errors import FontganError
from fontgan.files import check_folder
from fontgan.methods.base import VectorMethod
from fontgan.runs.folder import LATEST, Run
from fontgan.training.job import Job, TrainingResult, begin, go_on
from fontgan.training.pace import Event
from fontgan.training.preparing import fresh_settings, resumed_settings
from fontgan.training.request import STARTING, TrainingOptions, TrainingRequest
from fontgan.untrusted import check_utf8
from fontgan.workflows.varying import vary

__all__ = ["TrainingResult", "resume", "train"]

# What a run that could not begin (its disk full, say) leaves in its folder.
STARTED = ("log.jsonl", "settings.toml")


def train(
    data: str | Path,
    out: str | Path | None = None,
    *,
    force: bool = False,
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
    **options: Unpack[TrainingOptions],
) -> TrainingResult:
    """Train a method on a data set.

    Args:
        data: folder made by `build`.
        out: folder of the run; default ``runs/<method>-<preset>``, numbered if taken.
        force: replace a run that is in ``out``.
        tell: hears what happens.
        **options: ``method``, ``preset``, ``config`` and ``settings``; ``device``, ``devices`` and
            ``nodes``; ``max_minutes`` and ``tensorboard``; ``also``, ``start``, ``styles``,
            ``add_styles`` and ``freeze``: see `fontgan.training.request.TrainingRequest`.

    Raises:
        FontganError: of the kind that fits; nothing is half-written.
    """
    asked = TrainingRequest(**options)
    adaptation = asked.adaptation()
    run_settings, label = fresh_settings(adaptation, asked)
    name = f"{run_settings.name}-{label}"
    check_utf8(data, "the data set")
    check_utf8(out or "", "the folder")
    folder = _fresh_folder(out, name, force) if leads() else Path(out or name)
    job = Job(
        data,
        folder,
        run_settings,
        adaptation,
        asked.max_minutes,
        asked.tensorboard,
        also=asked.also,
    )
    return _with_variation(
        on_devices(partial(begin, job), asked.device, asked.devices, asked.nodes, tell),
        job,
        asked,
        tell,
    )


def resume(
    run: str | Path | None = None,
    *,
    data: str | Path | None = None,
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
    **options: Unpack[TrainingOptions],
) -> TrainingResult:
    """Go on with a run from its latest checkpoint; on the CPU, bit for bit as if never stopped.

    Args:
        run: its folder; default the newest below the current folder.
        data: its data set, if that has moved.
        tell: hears what happens.
        **options: as for `train`, without how it starts.

    Raises:
        FontganError: no run, another data set, or settings that would change the model.
    """
    asked = TrainingRequest(**options)
    asked.check_resumes()
    found = Run.find(run, newest=LATEST)
    job = Job(
        data or found.header.data.path,
        found.folder,
        resumed_settings(found.header, asked),
        found.header.adaptation,
        asked.max_minutes,
        asked.tensorboard,
        found.checkpoint,
        asked.also or (found.header.also.path if found.header.also else None),
    )
    return _with_variation(
        on_devices(partial(go_on, job), asked.device, asked.devices, asked.nodes, tell),
        job,
        asked,
        tell,
    )


def train_or_go_on(
    data: str | Path,
    folder: Path,
    *,
    force: bool = False,
    say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
    **options: Unpack[TrainingOptions],
) -> TrainingResult:
    """Train a run, or go on with the one that is in the folder.

    Args:
        data: folder made by `build`.
        folder: of the run.
        force: train anew where there is a run.
        say: hears which of the two it is.
        tell: hears what happens.
        **options: as for `train`; a run that is there remembers how it started.

    Raises:
        FontganError: as for `train` and `resume`.
    """
    if force or not (folder / LATEST).exists():
        say(f"training {folder}")
        return train(data, folder, force=force, tell=tell, **options)
    say(f"going on with {folder}")
    for remembered in STARTING:
        options.pop(remembered, None)
    return resume(folder, data=data, tell=tell, **options)


def _fresh_folder(out: str | Path | None, name: str, force: bool) -> Path:
    if out is None:
        places = [Path("runs") / (name + (f"-{n}" if n > 1 else "")) for n in range(1, 10_000)]
        return next(place for place in places if not place.exists())
    check_fresh(Path(out), force)
    return Path(out)


def check_fresh(folder: Path, force: bool = False) -> None:
    """Refuse a folder for a new run that holds one, or anything else.

    Raises:
        FontganError: it does.
    """
    check_folder(folder)
    if force or not folder.is_dir():
        return
    if (folder / LATEST).exists():
        raise FontganError(
            f"{folder} already holds a run; --resume goes on with it, --force replaces it, "
            "or choose another -o"
        )
    if any(path.name not in STARTED and path.name[0] != "." for path in folder.iterdir()):
        raise FontganError(f"{folder} holds other files; choose another -o, or add --force")


def _with_variation(
    result: TrainingResult, job: Job, asked: TrainingRequest, tell: Callable[[Event], None]
) -> TrainingResult:
    """Let hands that move a pen learn how they vary and end strokes, if the run was not stopped."""
    stopped = result.ended.startswith("SIG")
    if stopped or not leads() or not isinstance(job.settings.method, VectorMethod):
        return result
    varied = vary(result.folder, data=job.data, device=asked.device)
    square = {f"square/{hand.style}": hand.square for hand in varied.hands if hand.square}
    values = varied.diversity.values() | square
    tell(Event("codes", result.iteration, result.total, 0.0, values=values))
    return result
