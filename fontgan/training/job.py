"""What every process of a training run does, be it alone or one of a group."""

from __future__ import annotations

import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch

from fontgan.config import to_toml
from fontgan.devices.crew import Tell
from fontgan.devices.group import Group
from fontgan.devices.signals import caught_signals
from fontgan.errors import DataError, TrainingError
from fontgan.files import atomic_write
from fontgan.locks import held
from fontgan.runs.checkpoint import Checkpoint, check_networks
from fontgan.runs.folder import BEST, LATEST
from fontgan.runs.header import Adaptation, Header
from fontgan.training.pace import Event
from fontgan.training.preparing import Prepared, prepare
from fontgan.training.run import TrainingRun, follow
from fontgan.training.settings import RunSettings
from fontgan.training.state import restore
from fontgan.training.trainer import Trainer


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training run.

    Attributes:
        folder: of the run.
        iteration: finished iterations.
        total: iterations of the whole run.
        ended: ``finished``, ``time``, ``early`` (the settings' patience was over) or the name of
            the signal that stopped it.
        best: held-out scores of the best checkpoint, and its iteration; empty without held-out
            pairs.
    """

    folder: Path
    iteration: int
    total: int
    ended: str
    best: dict[str, float]


@dataclass(frozen=True)
class Job:
    """What every process of a run is told.

    Attributes:
        data: folder of the data set.
        folder: of the run; the leader alone writes there.
        settings: of the run.
        adaptation: how it starts from a trained model.
        max_minutes: stop after so long.
        tensorboard: also write TensorBoard events.
        checkpoint: what a resumed run goes on from.
        also: folder of a second data set.
    """

    data: str | Path
    folder: Path
    settings: RunSettings
    adaptation: Adaptation
    max_minutes: float | None
    tensorboard: bool
    checkpoint: Path | None = None
    also: str | Path | None = None


def begin(job: Job, group: Group, device: torch.device, tell: Tell) -> TrainingResult:
    """Begin a run and train."""
    ready = prepare(job.data, job.settings, str(device), job.adaptation, group=group, also=job.also)
    _check_alike(ready.trainer, ready.header)
    if not group.leads:
        return _follow(job, ready)
    with alone(job.folder):
        _clear(job.folder)
        with atomic_write(job.folder / "settings.toml") as beside:
            beside.write_text(to_toml(job.settings.tables()), encoding="utf-8")
        run = TrainingRun(job.folder, ready, job.settings, job.tensorboard)
        run.save()  # from the first moment on there is a checkpoint to go on from
        return _go(run, job.max_minutes, tell)


def go_on(job: Job, group: Group, device: torch.device, tell: Tell) -> TrainingResult:
    """Go on with a run from its checkpoint.

    Raises:
        DataError: the data set is another one.
    """
    assert job.checkpoint is not None
    checkpoint = Checkpoint.read(job.checkpoint)
    header = checkpoint.header
    check_networks(partial(job.settings.method.networks, header.task), checkpoint, "networks")
    ready = prepare(job.data, job.settings, str(device), job.adaptation, header, group, job.also)
    fresh = ready.header
    for given, known in ((fresh.data, header.data), (fresh.also, header.also)):
        if given and (known is None or given.fingerprint != known.fingerprint):
            raise DataError(
                f"{given.path} is not the data set of this run; give that one, or "
                f"start a new run with --from {job.checkpoint}"
            )
    restore(ready.trainer, checkpoint)
    _check_alike(ready.trainer, fresh)
    if not group.leads:
        return _follow(job, ready)
    with alone(job.folder):
        going_on = replace(
            fresh,
            iteration=header.iteration,
            seconds=header.seconds,
            checks_since_best=header.checks_since_best,
            best=header.best,
        )
        ready = replace(ready, header=going_on)
        run = TrainingRun(job.folder, ready, job.settings, job.tensorboard)
        return _go(run, job.max_minutes, tell)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a run's folder against other processes, which would write over its files.

    Raises:
        TrainingError: one holds it.
    """
    lock = folder / ".training.lock"
    busy = TrainingError(f"another process is training in {folder}; end it, or choose another -o")
    with held(lock, busy, leave=False):
        yield


def _check_alike(trainer: Trainer, header: Header) -> None:
    settings = zlib.crc32(to_toml(header.settings).encode())
    facts: dict[str, Any] = {"fontgan": header.fontgan, "data set": header.data.fingerprint}
    facts |= {"settings": f"checksum {settings:08x}", "iteration": trainer.iteration}
    trainer.group.check_alike(facts)


def _go(
    run: TrainingRun, max_minutes: float | None, tell: Callable[[Event], None]
) -> TrainingResult:
    deadline = time.monotonic() + 60 * max_minutes if max_minutes else float("inf")
    with caught_signals() as caught:
        run.go(lambda: bool(caught) or time.monotonic() > deadline, tell)
    finished = run.trainer.iteration >= run.total
    ended = "finished" if finished else caught[0] if caught else "early" if run.stale else "time"
    best = dict(run.header.best)
    result = TrainingResult(run.folder, run.trainer.iteration, run.total, ended, best)
    return run.trainer.group.from_leader(result)


def _follow(job: Job, ready: Prepared) -> TrainingResult:
    with caught_signals() as caught:
        follow(ready.trainer, ready.pairs, job.settings, lambda: bool(caught))
        return ready.trainer.group.from_leader(None)


def _clear(folder: Path) -> None:
    """Remove an older run's files; anything else in the folder stays."""
    if not (folder / LATEST).exists():
        return
    for name in (LATEST, BEST, "log.jsonl", "settings.toml"):
        (folder / name).unlink(missing_ok=True)
    for name in ("samples", "tensorboard"):
        shutil.rmtree(folder / name, ignore_errors=True)
