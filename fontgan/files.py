"""Files that are whole or not there: writing beside and renaming, the cache folder, hashes."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import re
import shutil
import socket
import stat
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

import platformdirs

from fontgan.errors import FontganError

_BINARY = getattr(os, "O_BINARY", 0)  # Windows would change line ends
_PART = re.compile(r"-([0-9a-f]{6})-([0-9]+)-[0-9a-f]{8}\.part[^/]*$")
_A_DAY = 24 * 3600.0


@contextmanager
def atomic_write(path: str | Path, sweeping: bool = True) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it to ``path`` when the block succeeds.

    The temporary path keeps the suffix of ``path``, because many writers choose the format by it.
    The block may make a file or a folder there. When it raises, what it made is removed and the
    old ``path`` stays as it was. Folders above ``path`` are made. A link is followed; a pipe or a
    device is written into when the block has succeeded.

    Args:
        path: the file or folder to be.
        sweeping: first remove what killed processes left of the same; it looks through the folder,
            so who writes many files into one sweeps it once.

    Raises:
        OSError: it cannot be written, or is a folder.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(Path(folder) / "a.txt") as part:
    ...         _ = part.write_text("hello")
    ...     [file.name for file in Path(folder).iterdir()]
    ['a.txt']
    """
    path = _meant(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        with _into_device(path) as part:
            yield part
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(part_name(path.stem, path.suffix))
    if sweeping:
        sweep(path.parent, path.stem)
    try:
        yield part
        if path.is_dir() and not part.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        os.replace(part, path)
    except BaseException as error:
        _remove(part)
        if isinstance(error, OSError) and not error.filename and error.errno:
            error.filename = str(path)  # a full disk is told without a name
        raise


def part_name(stem: str, suffix: str) -> str:
    """Return a hidden name for what is being written: whose it is, so that `sweep` can tell."""
    return f".{_short(stem)}-{_host()}-{os.getpid()}-{uuid.uuid4().hex[:8]}.part{suffix}"


def sweep(folder: Path, stem: str | None = None) -> None:
    """Remove from a folder what processes that were killed had been writing there.

    It is theirs when they ran on this machine and run no more, or when it is a day old.

    Args:
        folder: where; it may not be there.
        stem: only what was to have this stem.
    """
    start = "*" if stem is None else glob.escape(_short(stem))
    for part in folder.glob(f".{start}-*-*-*.part*"):
        match = _PART.search(part.name)
        if match and _abandoned(part, match[1], int(match[2])):
            _remove(part)


def check_folder(path: str | Path) -> None:
    """Refuse a file where a folder is to be made, before any work is done for it.

    Raises:
        NotADirectoryError: there is one.
    """
    for place in (Path(path), *Path(path).parents):
        if place.exists():
            if not place.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(place))
            return


def check_free(paths: Iterable[Path], force: bool) -> None:
    """Refuse to replace what is there, unless that is wanted.

    Raises:
        FontganError: something is there.
    """
    there = next((path for path in paths if path.exists()), None)
    if there and not force:
        raise FontganError(f"{there} is already there; choose another -o, or add --force")


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


def _meant(path: str | Path) -> Path:
    """Return where a link leads, the path itself where it is none."""
    path = Path(path)
    if not path.name or path.name == "..":
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return Path(os.path.realpath(path)) if path.is_symlink() else path


@contextmanager
def _into_device(path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / f"part{path.suffix}"
        yield part
        with open(part, "rb") as whole, open(path, "wb") as device:
            shutil.copyfileobj(whole, device)


def _short(stem: str) -> str:
    return stem.encode(errors="ignore")[:80].decode(errors="ignore")


@cache
def _host() -> str:
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]


def _abandoned(part: Path, host: str, process: int) -> bool:
    try:
        if time.time() - part.stat().st_mtime > _A_DAY:
            return True
        if host != _host() or os.name == "nt":  # there, asking for a process would end it
            return False
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return True
    except OSError:
        return False
    return False


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
