"""A run's folder, and which of its checkpoints is meant; no torch."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fontgan.box import models
from fontgan.errors import CheckpointError
from fontgan.runs.header import Header, read_header

LATEST = "latest.safetensors"
BEST = "best.safetensors"


@dataclass(frozen=True)
class Run:
    """A training run, found once: everybody who is handed it means the same checkpoint.

    Attributes:
        checkpoint: the file meant.
    """

    checkpoint: Path

    @classmethod
    def find(cls, run: str | Path | None = None, newest: str = BEST) -> Run:
        """Return what is meant by a folder, a file, a name in the box, or None (the newest here).

        Args:
            run: a folder made by `train`, a checkpoint file, the name of a model in the box where
                no file has it, or None: the newest run below the current folder.
            newest: which of a run's checkpoints is wanted; the other one where it is missing.

        Raises:
            CheckpointError: there is none.
        """
        path = _newest_folder() if run is None else _named(run)
        if path.is_dir():
            for name in (newest, BEST, LATEST):
                if (path / name).exists():
                    return cls(path / name)
            raise CheckpointError(f"{path}: no training run in this folder")
        if not path.exists():
            raise CheckpointError(f"{path}: no such run or checkpoint")
        return cls(path)

    @classmethod
    def to_draw(cls, run: str | Path | None = None, styles: Collection[str] = ()) -> Run:
        """Return what `find` does; if nothing is named nor here, the model in the box.

        Args:
            run: as for `find`.
            styles: those wanted; they tell which model in the box is meant.

        Raises:
            CheckpointError: a run that is named and not there.
        """
        if run is not None or any(_folders()):
            return cls.find(run)
        boxed = [cls(models.boxed(name)) for name in models.NAMES]
        known = (one for one in boxed if not set(styles).isdisjoint(one.header.task.styles))
        return next(known, boxed[0])

    @property
    def boxed(self) -> bool:
        """Whether it is a model in the box."""
        return self.checkpoint in [models.boxed(name) for name in models.NAMES]

    @property
    def folder(self) -> Path:
        """Where the run lives."""
        return self.checkpoint.parent

    @cached_property
    def header(self) -> Header:
        """What the checkpoint says of itself, read when it is first asked for.

        Raises:
            CheckpointError: a damaged, foreign or newer file.
        """
        return read_header(self.checkpoint)


def is_run(folder: Path) -> bool:
    """Tell whether a folder holds a checkpoint of a training run."""
    return (folder / LATEST).exists() or (folder / BEST).exists()


def _named(run: str | Path) -> Path:
    path = Path(run)
    return models.boxed(str(run)) if str(run) in models.NAMES and not path.exists() else path


def _folders() -> Iterator[Path]:
    """Yield the folders of runs below the current one."""
    for depth in ("*", "*/*"):
        for path in Path().glob(f"{depth}/{LATEST}"):
            yield path.parent


def _newest_folder() -> Path:
    found = list(_folders())
    if not found:
        raise CheckpointError("no training run below this folder; name one, or train first")
    return max(found, key=lambda folder: (folder / LATEST).stat().st_mtime)
