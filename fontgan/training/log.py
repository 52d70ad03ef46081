"""Losses averaged between log points, written as JSON lines and for TensorBoard."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from fontgan.errors import MissingDependencyError, TrainingError
from fontgan.files import atomic_write
from fontgan.runs.log import read_log
from fontgan.training.trainer import Losses


class LossMeans:
    """Running means of losses, summed on the device, so that a GPU need not wait."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}

    def add(self, losses: Losses) -> None:
        """Add the losses of one iteration."""
        for name, values in losses.items():
            for value in values:
                value = value.float()
                self._sums[name] = self._sums[name] + value if name in self._sums else value
                self._counts[name] = self._counts.get(name, 0) + 1

    def take(self, iteration: int) -> dict[str, float]:
        """Return the means since the last call, and start anew.

        Raises:
            TrainingError: a mean is not finite.
        """
        totals = torch.stack(list(self._sums.values())).tolist() if self._sums else []
        means = {
            name: total / self._counts[name] for name, total in zip(self._sums, totals, strict=True)
        }
        self._sums, self._counts = {}, {}
        for name, mean in means.items():
            if not math.isfinite(mean):
                raise TrainingError(
                    f"the loss {name} is {mean} by iteration {iteration}; training stopped, and "
                    "the last checkpoint before it is intact: try a lower rate"
                )
        return means


class RunLog:
    """``log.jsonl`` of a run, and its TensorBoard events where wanted.

    Every line has ``iteration``, and ``losses`` or ``held_out`` values by name.

    Args:
        folder: of the run.
        iteration: where the run goes on; later lines, of a run that was killed, are dropped.
        tensorboard: also write TensorBoard events.

    Raises:
        MissingDependencyError: TensorBoard is wanted and not installed.
    """

    def __init__(self, folder: Path, iteration: int = 0, tensorboard: bool = False) -> None:
        self.path = folder / "log.jsonl"
        kept = [line for line in read_log(self.path) if line["iteration"] <= iteration]
        with atomic_write(self.path) as beside:
            text = "".join(_line(line) for line in kept)
            Path(beside).write_text(text, encoding="utf-8")
        self._board = _tensorboard(folder, iteration) if tensorboard else None

    def write(self, iteration: int, kind: str, values: dict[str, float], **more: Any) -> None:
        """Add a line, for example of kind ``losses``."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(_line({"iteration": iteration, kind: values, **more}))
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"{kind}/{name}", value, iteration)

    def close(self) -> None:
        """Finish writing."""
        if self._board is not None:
            self._board.close()


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False) + "\n"


def _tensorboard(folder: Path, iteration: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise MissingDependencyError(
            "--tensorboard needs TensorBoard: pip install 'fontgan[tensorboard]'"
        ) from None
    return SummaryWriter(str(folder / "tensorboard"), purge_step=iteration + 1)
