"""Say whether what a command did may happen."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from .child import Outcome, culprit

Files = dict[str, tuple[int, int, int]]
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]")
PARTS = re.compile(r"\.part|^\.tmp|-[0-9a-f]{8}\.\w+$|^tmp")


def files(folder: Path) -> Files:
    """Return what is in a folder, in a way that shows every change."""
    found = {}
    for path in folder.rglob("*"):
        about = path.lstat()
        found[str(path.relative_to(folder))] = (about.st_size, about.st_mtime_ns, about.st_ino)
    return found


def changes(folder: Path, before: Files) -> list[str]:
    """Return the files (not folders) that are new, changed or gone."""
    after = files(folder)
    paths = [path for path in after if before.get(path) != after[path]]
    paths += [path for path in before if path not in after]
    return sorted(path for path in paths if not (folder / path).is_dir())


def complaints(outcome: Outcome) -> Iterator[str]:
    """Yield what is wrong with how a command ended and with what it said."""
    if outcome.stopped:
        yield outcome.stopped
    elif outcome.signal:
        yield f"signal {outcome.signal}"
    elif outcome.status not in (0, 1, 2):
        yield f"exit status {outcome.status}"
    if "Traceback (most recent call last)" in outcome.err:
        yield f"traceback {culprit(outcome.err)}"
    elif outcome.status and not outcome.err.strip():
        yield "no word"
    if outcome.left:
        yield "processes left"
    if CONTROL.search(outcome.err) or CONTROL.search(outcome.out):
        yield "control characters"
    warned = re.search(r"(\w+Warning): ", outcome.err)
    if warned:
        yield f"warning {warned[1]}"


def half_written(folder: Path, changed: Sequence[str]) -> Iterator[str]:
    """Yield what was left by writing: temporary files, and files that are not whole."""
    for path in changed:
        if PARTS.search(Path(path).name):
            yield f"left over {Path(path).suffix or path}"
        elif (folder / path).is_file() and not is_whole(folder / path):
            yield f"half-written {Path(path).suffix}"


def is_whole(path: Path) -> bool:
    """Tell whether a file that was written is whole, by what its format says of its own length."""
    data, kind = path.read_bytes(), path.suffix
    try:
        if kind == ".json":
            json.loads(data)
        elif kind == ".jsonl":
            return all(json.loads(line) is not None for line in data.splitlines())
        elif kind == ".png":
            return data.endswith(b"IEND\xaeB`\x82")
        elif kind == ".npy":
            return _array_fits(data)
        elif kind == ".safetensors":
            return _tensors_fit(data)
        elif kind == ".html":
            return b"</html>" in data[-20:]
        return bool(data) or path.name.startswith(".")  # a lock file is empty
    except (ValueError, KeyError, struct.error):
        return False


def _array_fits(data: bytes) -> bool:
    (length,) = struct.unpack_from("<H", data, 8)
    shape = re.search(rb"'shape': \(([\d, ]*)\)", data[10 : 10 + length])
    if not data.startswith(b"\x93NUMPY") or not shape:
        return False
    size = 1
    for side in shape[1].split(b","):
        size *= int(side) if side.strip() else 1
    return len(data) == 10 + length + size


def _tensors_fit(data: bytes) -> bool:
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    ends = [about["data_offsets"][1] for name, about in header.items() if name[:2] != "__"]
    return len(data) == 8 + length + max(ends, default=0)
