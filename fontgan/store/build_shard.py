"""Build a data set together with other processes or machines: each draws a share of the faces.

There is nobody who waits for the others, and no lock. Each face with its record belongs to one
share; a share that ends looks whether all records are there, and if so writes the manifest from
them. When two end at once both do so, and write the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fontgan.errors import DataError
from fontgan.glyphs.painting import Workers
from fontgan.store.build import draw
from fontgan.store.face_images import file_fits
from fontgan.store.folder import is_there, prepare_share, write_json
from fontgan.store.plan import Plan, Record, check_drawn, lacking, make_plan, survey
from fontgan.store.request import DataRequest
from fontgan.store.shard import Shard
from fontgan.store.shared_texts import pack
from fontgan.store.store import GlyphStore
from fontgan.untrusted import checked, read_json

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class BuiltShare:
    """What one share did.

    Attributes:
        drawn: names of its faces.
        missing: names of the faces that other shares have not drawn yet.
        store: the data set, once nothing is missing.

    """

    drawn: tuple[str, ...]
    missing: tuple[str, ...]
    store: GlyphStore | None


def build_share(
    request: DataRequest,
    shard: Shard,
    out: str | Path,
    *,
    jobs: int = 1,
    strict: bool = False,
    progress: Progress | None = None,
) -> BuiltShare:
    """Draw a share of the faces of a data set; the other arguments are those of `build`.

    Raises:
        FontError: a font that cannot be opened.
        DataError: nothing drawable, another data set in ``out``, or (strict) lacking characters.

    """
    out, plan = Path(out), make_plan(request)
    mine = shard.of(plan.faces())
    names = tuple(face["name"] for face in mine)
    if is_there(plan, out, force=False):
        return BuiltShare(names, (), GlyphStore.open(out))
    with Workers(jobs, len(plan.chars) * (1 + len(mine))) as workers:
        survey(plan, workers, mine)
        if strict and lacking(mine):
            raise DataError(f"not every character is drawn: {lacking(mine)}")
        prepare_share(plan, out)
        draw(plan, mine, out, workers, progress)
    return _finish(plan, names, out)


def _finish(plan: Plan, names: tuple[str, ...], out: Path) -> BuiltShare:
    """Write the manifest if every face is there."""
    found = [_recorded(face, out, plan.canvas.size) for face in plan.faces()]
    pairs = zip(plan.faces(), found, strict=True)
    missing = tuple(face["name"] for face, record in pairs if record is None)
    if missing:
        return BuiltShare(names, missing, None)
    for face, record in zip(plan.faces(), found, strict=True):
        face.update(record or {})
    check_drawn(plan)
    write_json(out / "manifest.json", pack(plan.manifest()))
    return BuiltShare(names, (), GlyphStore.open(out))


def _recorded(face: Record, out: Path, size: int) -> Record | None:
    """Return the record of a face that is drawn, with what its share found that it draws."""
    file = out / face["file"]
    try:
        record = checked(dict[str, str | dict[str, str]], read_json(file.with_suffix(".json")))
        found = {"chars": checked(str, record["chars"]), "missing": record["missing"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    same = record == {**face, **found}
    return record if same and file_fits(file, len(found["chars"]), size) else None
