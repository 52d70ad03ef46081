"""Files that are whole or not there: writing beside and renaming, the cache folder, hashes."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import platformdirs

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change line ends


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it to ``path`` when the block succeeds.

    The temporary path keeps the suffix of ``path``, because many writers choose the format by it.
    The block may make a file or a folder there. When it raises, what it made is removed and the
    old ``path`` stays as it was. Folders above ``path`` are made.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(Path(folder) / "a.txt") as part:
    ...         _ = part.write_text("hello")
    ...     [file.name for file in Path(folder).iterdir()]
    ['a.txt']
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem[:80]}-{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    except BaseException:
        _remove(part)
        raise


@contextmanager
def held(lock: Path, busy: Exception) -> Iterator[None]:
    """Hold a lock file against other processes for the length of a block; it stays behind.

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
        holding.release()


def read_bytes(path: str | Path, most: int) -> bytes:
    """Read a file that is not ours: a regular one, of at most ``most`` bytes.

    Raises:
        OSError: it cannot be read, is a pipe or a device (which may never end), or is larger.
    """
    with open_regular(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise OSError(errno.EFBIG, f"larger than {most // 2**20} MiB", str(path))
        return file.read(most)


def open_regular(path: str | Path) -> BinaryIO:
    """Open a file for reading; a pipe or a device, where one could wait for ever, is an error.

    Raises:
        OSError: it cannot be opened, or is no regular file.
    """
    opened = os.open(path, os.O_RDONLY | _BINARY | getattr(os, "O_NONBLOCK", 0))
    mode = os.fstat(opened).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(opened, "rb")
    os.close(opened)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "a folder", str(path))
    raise OSError(errno.EINVAL, "a pipe or a device, not a file", str(path))


def cache_dir() -> Path:
    """Return the folder of fetched and unpacked fonts: $FONTGAN_CACHE, or the user's cache."""
    chosen = os.environ.get("FONTGAN_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("fontgan"))


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
