"""A run's folder, and which of its checkpoints is meant; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

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
        """Return what is meant by a run's folder, a file, or None (the newest run here).

        Args:
            run: a folder made by `train`, a checkpoint file, or None: the newest run below the
                current folder.
            newest: which of a run's checkpoints is wanted; the other one where it is missing.

        Raises:
            CheckpointError: there is none.
        """
        path = _newest_folder() if run is None else Path(run)
        if path.is_dir():
            for name in (newest, BEST, LATEST):
                if (path / name).exists():
                    return cls(path / name)
            raise CheckpointError(f"{path}: no training run in this folder")
        if not path.exists():
            raise CheckpointError(f"{path}: no such run or checkpoint")
        return cls(path)

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


def _newest_folder() -> Path:
    found = [path for depth in ("*", "*/*") for path in Path().glob(f"{depth}/{LATEST}")]
    if not found:
        raise CheckpointError("no training run below this folder; name one, or train first")
    return max(found, key=lambda path: path.stat().st_mtime).parent
