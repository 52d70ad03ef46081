"""What a user asks of a training, as one value: the one place that lists its options; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypedDict

from fontgan.errors import ConfigError
from fontgan.runs.folder import Run
from fontgan.runs.header import Adaptation


class TrainingOptions(TypedDict, total=False):
    """The options of a training, as a caller writes them; `TrainingRequest` says what they are."""

    method: str | None
    preset: str | None
    config: str | Path | None
    settings: Sequence[str]
    device: str
    devices: int | None
    nodes: int
    max_minutes: float | None
    tensorboard: bool
    also: str | Path | None
    start: str | Path | None
    styles: Sequence[str]
    add_styles: Sequence[str]
    like: str | None
    freeze: Sequence[str]


STARTING: tuple[Literal["start", "styles", "add_styles", "like", "freeze"], ...] = (
    *("start", "styles", "add_styles", "like", "freeze"),
)


@dataclass(frozen=True)
class TrainingRequest:
    """A training that is wanted, of whatever data.

    Attributes:
        method: name of the method; default that of ``start``, else ``zi2zi``.
        preset: its settings to start from; default those of ``start``, else ``compact``, or with
            ``config`` none. A resumed run has its own settings, of which how long and how often
            may change, not the model.
        config: TOML file of settings over the preset's.
        settings: ``key=value`` words over both, for example ``training.epochs=200``.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        devices: so many GPUs of this machine, or processes on its cores, each with a share of every
            batch; then a script that calls this needs ``if __name__ == "__main__"``. Default 1, or
            what torchrun or SLURM started.
        nodes: so many machines, on each of which torchrun or SLURM starts the same.
        max_minutes: stop after so long; the run can be resumed.
        tensorboard: also write TensorBoard events.
        also: folder of a second data set, on which is trained in turns with the first.
        start: run or checkpoint to start from.
        styles: train only on these.
        add_styles: styles to add to ``start`` without changing what it draws in its own.
        like: the style of ``start`` that added ones begin as; default the mean of all.
        freeze: networks that do not move, for example ``encoder``.
    """

    method: str | None = None
    preset: str | None = None
    config: str | Path | None = None
    settings: Sequence[str] = ()
    device: str = "auto"
    devices: int | None = None
    nodes: int = 1
    max_minutes: float | None = None
    tensorboard: bool = False
    also: str | Path | None = None
    start: str | Path | None = None
    styles: Sequence[str] = ()
    add_styles: Sequence[str] = ()
    like: str | None = None
    freeze: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.max_minutes is not None and not self.max_minutes > 0:
            raise ConfigError(
                f"--max-minutes {self.max_minutes:g}: give more than 0, or leave it out"
            )
        if self.method == "":
            raise ConfigError("the name of the method is empty; leave --method out")
        _ = self._adaptation

    def adaptation(self) -> Adaptation:
        """Find the model to start from.

        Raises:
            CheckpointError: there is none.
        """
        if not self.start:
            return self._adaptation
        return replace(self._adaptation, checkpoint=str(Run.find(self.start).checkpoint))

    def check_resumes(self) -> None:
        """Refuse what a resumed run would ignore: it remembers that from its start.

        Raises:
            ConfigError: it names the options.
        """
        given = {
            "--from": self.start,
            "--styles": self.styles,
            "--add-style": self.add_styles,
            "--like": self.like,
            "--freeze": self.freeze,
        }
        named = [flag for flag, value in given.items() if value]
        if named:
            raise ConfigError(f"a resumed run remembers {', '.join(named)}; leave it out")

    def check_measures(self) -> None:
        """Refuse what a measurement of a few iterations cannot tell of.

        Raises:
            ConfigError: several devices.
        """
        if self.nodes > 1 or (self.devices or 1) > 1:
            raise ConfigError("--dry-run measures one device; leave --devices and --nodes out")

    @property
    def _adaptation(self) -> Adaptation:
        start = str(self.start) if self.start else None
        return Adaptation(
            start, tuple(self.styles), tuple(self.add_styles), tuple(self.freeze), self.like or ""
        )
