"""Records of an experiment's runs: a JSON file beside each folder, of its name.

It says what was asked for and what came of it. So what is finished is not made again, and what
another process works on is left to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fontgan.config import Table
from fontgan.errors import FontganError
from fontgan.files import atomic_write
from fontgan.locks import held
from fontgan.untrusted import read_json


class Busy(FontganError):
    """A folder that another process works in."""


def finished(folder: Path, wanted: Table) -> Table:
    """Return the record beside a folder if it is of this request and scored; else empty."""
    record = read_record(folder)
    return record if record.get("request") == wanted and "scores" in record else {}


def claimed(folder: Path, wanted: Table) -> Table:
    """Return the record beside a folder, a new one where there is none.

    Raises:
        FontganError: it is of another request.
    """
    record = read_record(folder)
    old = record.get("request", wanted)
    if old != wanted:
        differing = ", ".join(key for key in wanted if old.get(key) != wanted[key])
        raise FontganError(
            f"{folder} holds a run that differs in {differing}; choose another -o, or remove it"
        )
    if not record:
        record = {"request": wanted}
        write_record(folder, record)
    return record


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes.

    Raises:
        Busy: one holds it.
    """
    busy = Busy(f"another process works in {folder.parent}; wait for it, or end it")
    with held(lock(folder), busy):
        yield


def read_record(folder: Path) -> Table:
    """Return the record beside a folder; empty where there is none."""
    try:
        record = read_json(_beside(folder, ".json"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise FontganError(f"{_beside(folder, '.json')} is damaged ({error}); remove it") from None
    return record if isinstance(record, dict) else {}


def write_record(folder: Path, record: Table) -> None:
    """Write the record beside a folder."""
    with atomic_write(_beside(folder, ".json")) as part:
        part.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def lock(folder: Path) -> Path:
    """Return the file that a folder is locked by."""
    return _beside(folder, ".lock")


def _beside(folder: Path, ending: str) -> Path:
    hidden = "." if ending == ".lock" else ""
    return folder.with_name(f"{hidden}{folder.name}{ending}")
