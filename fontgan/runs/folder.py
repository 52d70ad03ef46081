"""A run's folder: where its checkpoints are."""

from __future__ import annotations

from pathlib import Path

from fontgan.errors import CheckpointError

LATEST = "latest.safetensors"
BEST = "best.safetensors"


def find_checkpoint(run: str | Path | None = None, newest: str = BEST) -> Path:
    """Return the checkpoint meant by a run's folder, a file, or None (the newest run here).

    Args:
        run: a folder made by `train`, a checkpoint file, or None: the newest run below the current
            folder.
        newest: which of a run's checkpoints is wanted; the other one where it is missing.

    Raises:
        CheckpointError: there is none.
    """
    if run is None:
        found = [path for depth in ("*", "*/*") for path in Path().glob(f"{depth}/{LATEST}")]
        if not found:
            raise CheckpointError("no training run below this folder; name one, or train first")
        run = max(found, key=lambda path: path.stat().st_mtime).parent
    path = Path(run)
    if path.is_dir():
        for name in (newest, BEST, LATEST):
            if (path / name).exists():
                return path / name
        raise CheckpointError(f"{path}: no training run in this folder")
    if not path.exists():
        raise CheckpointError(f"{path}: no such run or checkpoint")
    return path


def is_run(folder: Path) -> bool:
    """Tell whether a folder holds a checkpoint of a training run."""
    return (folder / LATEST).exists() or (folder / BEST).exists()
