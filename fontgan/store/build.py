"""Build a data set: draw a source face and target faces once, into files opened by memory map.

DATA/plan.json (the request) is written first, then each face with its record, the manifest last.
So an interrupted build goes on where it stopped, and a folder with a manifest is whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fontgan.errors import DataError
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.painting import Workers, chunk_length, draw_into, opened
from fontgan.locks import held
from fontgan.store.face_images import file_fits, write_header
from fontgan.store.folder import is_there, prepare, write_json
from fontgan.store.plan import Plan, Record, lacking, make_plan, survey
from fontgan.store.request import DataRequest
from fontgan.store.shared_texts import pack
from fontgan.store.store import GlyphStore
from fontgan.untrusted import read_json

Progress = Callable[[int, int], None]
LOCK = ".build.lock"


def build(
    request: DataRequest,
    out: str | Path,
    *,
    jobs: int = 1,
    strict: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> GlyphStore:
    """Draw a data set into the folder ``out`` and open it.

    A character is kept for a target only where the source draws it too. Called again with the
    same arguments it does nothing; after an interruption it draws only what is not there yet.

    Args:
        request: what is in it.
        out: the folder.
        jobs: processes. With more than 1 a script must guard its main part with
            ``if __name__ == "__main__":``, because processes are spawned.
        strict: refuse when a face lacks any character.
        force: replace another data set in ``out``.
        progress: called with the glyphs drawn so far and the glyphs in all.

    Raises:
        FontError: a font that cannot be opened.
        DataError: nothing drawable, another data set in ``out``, or (strict) lacking characters.

    """
    out, plan = Path(out), make_plan(request)
    if is_there(plan, out, force):
        return GlyphStore.open(out)
    with Workers(jobs, len(plan.chars) * len(plan.faces())) as workers:
        survey(plan, workers)
        manifest = pack(plan.manifest())
        if strict and lacking(plan.faces()):
            raise DataError(f"not every character is drawn: {lacking(plan.faces())}")
        busy = DataError(
            f"another process is building {out}; wait for it, or build into another folder"
        )
        with held(out / LOCK, busy, leave=False):
            if not is_there(plan, out, force):  # another process may have built it meanwhile
                prepare(plan, out, afresh=force)
                draw(plan, plan.faces(), out, workers, progress)
                write_json(out / "manifest.json", manifest)
    return GlyphStore.open(out)


def draw(
    plan: Plan, faces: Sequence[Record], out: Path, workers: Workers, progress: Progress | None
) -> None:
    """Draw those of the faces that are not there yet, part by part over the workers, in order."""
    todo = [face for face in faces if not is_drawn(face, out, plan.canvas.size)]
    by_file = {face["file"]: face for face in todo}
    total = sum(len(face["chars"]) for face in faces)
    done = total - sum(len(face["chars"]) for face in todo)
    parts = (part for face in todo for part in _parts(face, out, plan.canvas))
    try:
        for count, face_name, last in workers.map(_draw_part, parts):
            done += count
            if last:
                _finish(by_file[face_name], out)
            if progress:
                progress(done, total)
    except BaseException:
        workers.stop()
        for face in todo:
            (out / face["file"]).with_suffix(".part").unlink(missing_ok=True)
        raise


def is_drawn(face: Record, out: Path, size: int) -> bool:
    """Tell whether a surveyed face is in the folder, whole."""
    file = out / face["file"]
    try:
        record = read_json(file.with_suffix(".json"))
    except (OSError, ValueError):
        return False
    return bool(record == face) and file_fits(file, len(face["chars"]), size)


def _parts(face: Record, out: Path, canvas: Canvas) -> Iterator[tuple[Any, ...]]:
    """Lay out the file of a face, empty yet, and yield the tasks that fill it."""
    chars, step, pixels = face["chars"], chunk_length(canvas.size), canvas.size**2
    part = (out / face["file"]).with_suffix(".part")
    with open(part, "wb") as file:
        start = write_header(file, len(chars), canvas.size)
        file.truncate(start + len(chars) * pixels)
    for row in range(0, max(len(chars), 1), step):
        some, last = chars[row : row + step], row + step >= len(chars)
        yield face["spec"], some, canvas, str(part), start + row * pixels, face["file"], last


def _draw_part(
    spec: str, chars: str, canvas: Canvas, path: str, offset: int, name: str, last: bool
) -> tuple[int, str, bool]:
    """Draw some rows of a face into its file.

    They are written, not mapped: so a full disk is an error, not a crash.
    """
    style = opened(spec)
    images = np.empty((len(chars), canvas.size, canvas.size), np.uint8)
    for image, char in zip(images, chars, strict=True):
        status = draw_into(image, style, canvas, char)
        if status != "drawn":
            raise DataError(f"{spec} changed while it was drawn ({char!r} is {status}); run again")
    with open(path, "r+b", buffering=0) as file:
        file.seek(offset)
        left = images.data.cast("B") if len(chars) else memoryview(b"")
        while left:
            left = left[file.write(left) :]
    return len(chars), name, last


def _finish(face: Record, out: Path) -> None:
    file = out / face["file"]
    os.replace(file.with_suffix(".part"), file)
    write_json(file.with_suffix(".json"), face)
