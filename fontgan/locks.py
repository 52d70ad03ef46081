"""Locks: what a process writes, held against others that would write over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from fontgan.errors import DataError


@contextmanager
def held(lock: Path, busy: Exception, leave: bool = True) -> Iterator[None]:
    """Hold a lock file against other processes for the length of a block.

    Args:
        lock: the file, empty; folders above it are made.
        busy: raised where another process holds it.
        leave: it stays behind, which is the surest; else it is removed while it is still held.

    Raises:
        Exception: ``busy``, where another process holds it.
    """
    from filelock import FileLock, Timeout  # not at the start: commands that hold nothing are quick

    lock.parent.mkdir(parents=True, exist_ok=True)
    holding = FileLock(lock, timeout=0)
    try:
        holding.acquire()
    except Timeout:
        raise busy from None
    try:
        yield
    finally:
        if not leave:
            lock.unlink(missing_ok=True)
        holding.release()


@contextmanager
def writing(*paths: str | Path | None) -> Iterator[None]:
    """Hold files that are about to be written, each by a lock file beside it.

    Args:
        paths: the files; None, a folder, a pipe and a device are passed over.

    Raises:
        DataError: another process holds one.
    """
    with ExitStack() as stack:
        for path in sorted({Path(path).resolve() for path in paths if path is not None}):
            if path.is_file() or not path.exists():
                busy = DataError(
                    f"another process is writing {path}; wait for it, or name another file"
                )
                stack.enter_context(held(lock_beside(path), busy, leave=False))
        yield


def lock_beside(path: Path) -> Path:
    """Return the lock file of a file, or of a folder that is replaced whole."""
    return path.with_name(f".{path.name[:80]}.lock")
