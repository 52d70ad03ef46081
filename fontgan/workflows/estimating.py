"""What a training will cost, measured on a few of its iterations, and how much of it fits."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Unpack

import torch

from fontgan.config import Table
from fontgan.data.batch import Task
from fontgan.devices.device import peak_memory
from fontgan.training.preparing import fresh_settings, prepare
from fontgan.training.request import TrainingOptions, TrainingRequest
from fontgan.training.settings import RunSettings

LOOK = 10  # iterations that are measured before a training that is to end in time
SHARE = 0.75  # of its time that iterations like these may take: the last ones are dearer


@dataclass(frozen=True)
class Estimate:
    """What a run would be, measured on a few of its iterations.

    Attributes:
        settings: all of them.
        parameters: of each network.
        pairs: training pairs.
        iterations: of the whole run.
        images_per_second: measured.
        seconds: of the whole run.
        peak_memory: bytes, of the GPU where there is one.
        device: where it was measured.
        notes: what the user should know.
    """

    settings: Table
    parameters: dict[str, int]
    pairs: int
    iterations: int
    images_per_second: float
    seconds: float
    peak_memory: int
    device: str
    notes: list[str] = field(default_factory=list)


def estimate(
    data: str | Path, *, measured: int = 3, **options: Unpack[TrainingOptions]
) -> Estimate:
    """Say what `train` with the same arguments would do; nothing is written.

    Time and memory are measured on a few iterations, after one that warms up.

    Args:
        data: folder made by `build`.
        measured: iterations to measure.
        **options: as for `train`, on one device.

    Raises:
        FontganError: as for `train`.
    """
    asked = TrainingRequest(**options)
    asked.check_measures()
    adaptation = asked.adaptation()
    run_settings, _ = fresh_settings(adaptation, asked)
    ready = prepare(data, run_settings, asked.device, adaptation, also=asked.also)
    trainer, pairs = ready.trainer, ready.pairs
    total = run_settings.training.total(sum(map(len, pairs.both)))
    began = time.monotonic()
    for number, _ in enumerate(trainer.run(pairs, run_settings.augment)):
        if trainer.device.type == "cuda":
            torch.cuda.synchronize(trainer.device)
        if number == 0 and total > 1:
            began = time.monotonic()  # the first one warms up
        if number == measured:
            break
    steps = max(1, min(measured, total - 1))
    rate = steps * run_settings.training.batch_size / max(1e-9, time.monotonic() - began)
    return Estimate(
        settings=run_settings.tables(),
        parameters={
            name: sum(weight.numel() for weight in network.parameters())
            for name, network in trainer.networks.items()
        },
        pairs=len(pairs),
        iterations=total,
        images_per_second=round(rate, 2),
        seconds=round(total * run_settings.training.batch_size / rate, 1),
        peak_memory=peak_memory(trainer.device),
        device=str(trainer.device),
        notes=[*_notes(run_settings, trainer.task), *trainer.notes],
    )


def fitting(
    data: str | Path,
    *,
    say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
    **options: Unpack[TrainingOptions],
) -> TrainingOptions:
    """Return a training's options, with no more iterations than fit into ``max_minutes``.

    A training that the clock cuts short ends before its rate has fallen, and draws worse for it.

    Args:
        data: folder made by `build`.
        say: hears that not all iterations fit.
        **options: as for `train`, on one device.

    Raises:
        FontganError: as for `train`.
    """
    planned = estimate(data, measured=LOOK, **options)
    seconds = SHARE * 60 * (options.get("max_minutes") or math.inf)
    if planned.seconds <= seconds:
        return options
    iterations = max(1, int(planned.iterations * seconds / planned.seconds))
    say(f"this machine is slow or busy: {iterations} of {planned.iterations} iterations fit")
    settings = [*options.get("settings", ()), f"training.iterations={iterations}"]
    return {**options, "settings": settings}


def _notes(settings: RunSettings, task: Task) -> list[str]:
    if settings.size and settings.size != task.size:
        return [f"the preset is meant for {settings.size} px, the data set has {task.size} px"]
    return []
