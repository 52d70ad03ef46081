"""The folder that a scan makes: images that `build --images` reads, every cell, and a record.

``U+4E00_一.png`` is the first good copy of a character, ``copy-2/U+4E00_一.png`` the next one;
``cells/U+4E00-1.png`` shows what was photographed, good or not; ``scan.json`` says what was found.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import FormError
from fontgan.files import part_name, sweep
from fontgan.forms.hand import Hand
from fontgan.forms.judging import VERDICTS, Verdict
from fontgan.glyphs.names import glyph_filename
from fontgan.glyphs.png import encode
from fontgan.locks import held, lock_beside
from fontgan.untrusted import checked, read_json

RECORD, CELLS, REVIEW = "scan.json", "cells", "review.html"
VERSION = 1
_RECORD_BYTES = 32 * 2**20


@dataclass(frozen=True)
class CellRecord:
    """What was found in one cell.

    Attributes:
        char: its character.
        copy: which copy of it, from 1.
        verdict: good, or what is wrong.
        photo: name of the photograph.
        accepted: taken whatever the verdict, because the user said so.
    """

    char: str
    copy: int
    verdict: Verdict
    photo: str
    accepted: bool = False

    @property
    def taken(self) -> bool:
        """Tell whether the writing is used."""
        return self.accepted or self.verdict == "good"


@dataclass(frozen=True)
class Record:
    """What a scan found.

    Attributes:
        form: id of the form, empty for a photograph without one.
        size: side of the images in pixels.
        hand: measures over all cells.
        cells: every cell, in the order of the form.
        level: the images were brought to the size and baseline of print.
        scan: version of this record.
    """

    form: str
    size: int
    hand: Hand
    cells: list[CellRecord] = field(default_factory=list)
    level: bool = False
    scan: int = VERSION


def load_record(folder: Path) -> Record:
    """Read the record of a scan.

    Raises:
        FormError: there is none, or it is damaged.
    """
    try:
        record = checked(Record, read_json(folder / RECORD, _RECORD_BYTES))
        if record.scan != VERSION:
            raise ValueError(f"version {record.scan}, where {VERSION} is known")
        if not 32 <= record.size <= 512:
            raise ValueError(f"images of {record.size} pixels")
        for cell in record.cells:
            if len(cell.char) != 1 or cell.copy < 1 or cell.verdict not in VERDICTS:
                raise ValueError(f"{cell.char[:8]!r} is no cell's character")
    except FileNotFoundError:
        raise FormError(f"{folder} is no scan: scan the whole form first") from None
    except ValueError as error:
        raise FormError(f"{folder / RECORD} is damaged ({error}); scan the form again") from None
    return record


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give a folder beside ``out`` that takes its place when the block succeeds, or goes.

    Raises:
        FormError: another process is about to replace ``out``.
    """
    busy = FormError(f"another process is scanning into {out}; wait for it, or choose another -o")
    out = out.resolve()
    if not out.name:
        raise FormError(f"{out} cannot be replaced by a scan; choose another -o")
    part, old = (out.with_name(part_name(out.name, "")) for _ in range(2))
    with held(lock_beside(out), busy, leave=False):
        try:
            part.mkdir()
            yield part
            _replace(part, out, old)
            sweep(out.parent, out.name)  # not before: an old scan may lie there, and no new one yet
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _replace(part: Path, out: Path, old: Path) -> None:
    """Put a folder in another's place; the other comes back when that fails."""
    there = out.exists()
    if there:
        os.replace(out, old)
    try:
        os.replace(part, out)
    except OSError:
        if there:
            os.replace(old, out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def check_free(out: Path, force: bool) -> None:
    """Refuse a folder that holds anything; with ``force`` one that is no scan.

    Raises:
        FormError: it does.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise FormError(f"{out} is a file; choose another -o")
    if any(out.iterdir()) and not (force and (out / RECORD).exists()):
        what = "a scan; --redo CHARS corrects some of it, --force replaces it, or"
        what = what if (out / RECORD).exists() else "other files;"
        raise FormError(f"{out} already holds {what} choose another -o")


def cell_file(folder: Path, char: str, copy: int) -> Path:
    """Return the picture of what was photographed of a cell."""
    return folder / CELLS / f"U+{ord(char):04X}-{copy}.png"


def glyph_file(folder: Path, char: str, rank: int) -> Path:
    """Return the image of a character: of its first taken copy, its second, and so on."""
    home = folder if rank == 1 else folder / f"copy-{rank}"
    return home / glyph_filename(char)


def save_image(path: Path, image: NDArray[np.uint8]) -> None:
    """Write an image into a folder that is not yet in its place."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(encode(image))


def save_record(folder: Path, record: Record) -> None:
    """Write the record into a folder that is not yet in its place."""
    text = json.dumps(asdict(record), ensure_ascii=False, indent=1)
    (folder / RECORD).write_text(f"{text}\n", encoding="utf-8")
