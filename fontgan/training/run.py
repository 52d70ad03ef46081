"""One training run in its folder: log, sample sheets, held-out scores, latest and best checkpoint.

A run's folder holds ``settings.toml``, ``log.jsonl``, ``samples/<iteration>.png``,
``latest.safetensors`` (all that is needed to go on) and ``best.safetensors`` (weights only). Where
several processes train together, only the one that leads has a run; the others `follow`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from fontgan.data.pairs import PairDataset
from fontgan.errors import TrainingError
from fontgan.files import sweep
from fontgan.methods.base import CodedMethod
from fontgan.metrics.diversity import complaints
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.folder import BEST, LATEST
from fontgan.training.log import LossMeans, RunLog
from fontgan.training.looking import Looking, is_better
from fontgan.training.pace import Event, Kind, Pace
from fontgan.training.preparing import Prepared
from fontgan.training.settings import RunSettings
from fontgan.training.state import drawing_state, training_state
from fontgan.training.trainer import Trainer


class TrainingRun:
    """A trainer with its data and its folder.

    Args:
        folder: where the run lives.
        ready: its trainer, fresh, adapted or restored, its pairs and its header.
        settings: of the run.
        tensorboard: also write TensorBoard events.
    """

    def __init__(
        self,
        folder: Path,
        ready: Prepared,
        settings: RunSettings,
        tensorboard: bool = False,
    ) -> None:
        self.folder = folder
        self.trainer = ready.trainer
        self.settings = settings
        self.pairs = ready.pairs
        self.looking = Looking(ready.trainer, ready.pairs, ready.held_out)
        self.header = ready.header
        self.total = settings.training.total(sum(map(len, ready.pairs.both)))
        if self.stale:  # stopped early, and told to go on nevertheless
            self.header = replace(self.header, checks_since_best=0)
        _sweep(folder)
        self.log = RunLog(folder, self.trainer.iteration, tensorboard)
        self._averages = LossMeans()
        self._began = time.monotonic()
        self._first = self.trainer.iteration
        self._seconds_before = self.header.seconds

    def go(self, stop: Callable[[], bool], tell: Callable[[Event], None]) -> None:
        """Train until done or told to stop; then check and save.

        Args:
            stop: asked after every iteration; in a group any process may be told.
            tell: hears what happens.

        Raises:
            TrainingError: a loss is not finite.
        """
        try:
            self._go(stop, tell)
        finally:
            self.log.close()

    def _go(self, stop: Callable[[], bool], tell: Callable[[Event], None]) -> None:
        watch = self.settings.watch
        check, save = Pace(watch.check), Pace(watch.save)
        for losses in self.trainer.run(self.pairs, self.settings.augment):
            self._averages.add(losses)
            while self.trainer.notes:
                tell(self._event("note", complaints=(self.trainer.notes.pop(0),)))
            iteration = self.trainer.iteration
            tell(self._event("iteration"))
            if iteration % watch.log == 0:
                tell(self._log_losses())
            if check.due(iteration) and iteration < self.total:
                check.took(_seconds(lambda: self._look(tell)))
            if save.due(iteration) and iteration < self.total:
                save.took(_seconds(lambda: tell(self.save())))
            if self.trainer.group.any(stop() or self.stale):
                break
        if not self.stale:  # else it has just looked
            self._look(tell)
        tell(self.save())

    def _look(self, tell: Callable[[Event], None]) -> None:
        tell(self.check())
        if isinstance(self.trainer.method, CodedMethod):
            tell(self.check_codes(self.trainer.method))

    def check(self) -> Event:
        """Draw the sample sheet, score held-out characters, and keep the best checkpoint."""
        iteration = self.trainer.iteration
        path = self.folder / "samples" / f"{iteration:07d}.png"
        self.looking.sheet().save(path)
        scores = self.looking.scores()
        if scores is None:
            return self._event("check", path=path)
        if not all(map(math.isfinite, scores.mean.values())):
            raise TrainingError(
                f"the drawings are no pictures any more after iteration {iteration} (their scores "
                "are not finite); training stopped: try a lower rate"
            )
        seconds = round(self._seconds(), 1)
        self.log.write(iteration, "held_out", scores.mean, glyphs=scores.glyphs, seconds=seconds)
        waited = self.header.checks_since_best + 1
        self.header = replace(self.header, checks_since_best=waited)
        if is_better(self.settings.watch.best, scores.mean, self.header.best):
            best = {"iteration": iteration, **scores.mean}
            self.header = replace(self.header, checks_since_best=0, best=best)
            self._checkpoint(drawing_state(self.trainer)).write(self.folder / BEST)
        return self._event("check", values=scores.mean, path=path)

    def check_codes(self, method: CodedMethod) -> Event:
        """Draw glyphs with several codes, and measure how far these drawings differ."""
        iteration = self.trainer.iteration
        path = self.folder / "samples" / f"{iteration:07d}-codes.png"
        values, sheet = self.looking.codes(method)
        sheet.save(path)
        wrong = tuple(complaints(values))
        self.log.write(iteration, "codes", values, complaints=list(wrong))
        return self._event("codes", values=values, path=path, complaints=wrong)

    def save(self) -> Event:
        """Write the latest checkpoint; losses and weights up to here are looked at first."""
        self._log_losses()
        path = self.folder / LATEST
        tensors = training_state(self.trainer)
        self._check_weights(tensors)
        self._checkpoint(tensors).write(path)
        return self._event("save", path=path)

    @property
    def stale(self) -> bool:
        """Whether the held-out scores have got no better for as long as the settings bear it."""
        patience = self.settings.watch.patience
        return bool(patience) and self.header.checks_since_best >= patience

    def _log_losses(self) -> Event:
        iteration = self.trainer.iteration
        means = self._averages.take(iteration)
        names = [name for name in self.trainer.method.main_losses if name in means]
        main = {name: means[name] for name in names or list(means)[:2]}
        event = replace(self._event("losses", values=means), main=main)
        if means:
            self.log.write(
                iteration, "losses", means, seconds=round(self._seconds(), 1), rate=event.rate
            )
        return event

    def _check_weights(self, tensors: dict[str, Tensor]) -> None:
        # Losses come before an update: one that broke the weights would show in the next iteration.
        for name, tensor in tensors.items():
            if tensor.is_floating_point() and not tensor.isfinite().all():
                raise TrainingError(
                    f"{name} is not finite after iteration {self.trainer.iteration}; training "
                    "stopped, and the last checkpoint before it is intact: try a lower rate"
                )

    def _checkpoint(self, tensors: dict[str, Tensor]) -> Checkpoint:
        self.header = replace(
            self.header, iteration=self.trainer.iteration, seconds=self._seconds()
        )
        return Checkpoint(self.header, tensors)

    def _seconds(self) -> float:
        return self._seconds_before + time.monotonic() - self._began

    def _event(
        self,
        kind: Kind,
        values: dict[str, float] | None = None,
        path: Path | None = None,
        complaints: tuple[str, ...] = (),
    ) -> Event:
        done = (self.trainer.iteration - self._first) * self.settings.training.batch_size
        rate = done / max(1e-9, time.monotonic() - self._began)
        return Event(
            kind, self.trainer.iteration, self.total, round(rate, 2), values or {}, path, complaints
        )


def follow(
    trainer: Trainer, pairs: PairDataset, settings: RunSettings, stop: Callable[[], bool]
) -> None:
    """Train along with the process that leads, which alone looks, writes and knows when to stop.

    Args:
        trainer: like the leader's.
        pairs: training pairs.
        settings: of the run.
        stop: asked after every iteration.

    Raises:
        TrainingError: a loss is not finite.
    """
    for _ in trainer.run(pairs, settings.augment):
        if trainer.group.any(stop()):
            break


def _sweep(folder: Path) -> None:
    """Remove what a killed run was writing (.tmp* is safetensors' own)."""
    sweep(folder)
    sweep(folder / "samples")
    for part in folder.glob(".tmp??????"):
        part.unlink(missing_ok=True)


def _seconds(action: Callable[[], None]) -> float:
    began = time.monotonic()
    action()
    return time.monotonic() - began
