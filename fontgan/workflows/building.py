"""From fonts to data sets: what `build` and `data show` do; no torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, Unpack

import numpy as np

from fontgan.glyphs.charset import Charset
from fontgan.glyphs.evenly import evenly
from fontgan.glyphs.sheet import Cell, Sheet
from fontgan.store.build import build as build_store
from fontgan.store.build_shard import BuiltShare
from fontgan.store.build_shard import build_share as build_store_share
from fontgan.store.request import DataOptions, DataRequest
from fontgan.store.shard import Shard
from fontgan.store.store import FaceImages, GlyphStore

Progress = Callable[[int, int], None]
_PREVIEWED = 64  # styles of a data set

Item = TypeVar("Item")


def build(
    source: str | Path,
    targets: Sequence[str | Path],
    chars: str | Charset,
    out: str | Path,
    *,
    jobs: int = 1,
    strict: bool = False,
    force: bool = False,
    progress: Progress | None = None,
    **options: Unpack[DataOptions],
) -> GlyphStore:
    """Build a paired data set into a folder.

    Args:
        source: the font that glyphs are translated from.
        targets: the fonts of the styles, in their order; ``name=font`` names the style.
        chars: a charset or its specification.
        out: the folder.
        jobs: processes, see `fontgan.store.build.build`.
        strict: refuse when a face lacks any character.
        force: replace another data set in ``out``.
        progress: called with the glyphs drawn so far and the glyphs in all.
        **options: ``size``, ``fit``, ``margin``, ``holdout``, ``split``, ``held_out_styles``,
            ``chars_of``, ``seed`` and ``images``, see `fontgan.store.request.DataRequest`.

    Raises:
        FontganError: of the kind that fits; nothing is half-written.
    """
    request = DataRequest.of(source, targets, chars, **options)
    return build_store(request, out, jobs=jobs, strict=strict, force=force, progress=progress)


def build_share(
    shard: Shard,
    source: str | Path,
    targets: Sequence[str | Path],
    chars: str | Charset,
    out: str | Path,
    *,
    jobs: int = 1,
    strict: bool = False,
    progress: Progress | None = None,
    **options: Unpack[DataOptions],
) -> BuiltShare:
    """Draw a share of the faces of a data set; the other arguments are those of `build`.

    Shares may run at once, on one machine or many that see the same folder; whichever ends last
    writes the manifest: see ``fontgan.store.build_shard``.
    """
    request = DataRequest.of(source, targets, chars, **options)
    return build_store_share(request, shard, out, jobs=jobs, strict=strict, progress=progress)


def data_preview(data: str | Path | GlyphStore, out: str | Path | None = None) -> Path:
    """Write a preview of a data set: some characters, held-out ones too, in up to 64 styles.

    Returns the path, by default ``preview.png`` in the data set.
    """
    store = data if isinstance(data, GlyphStore) else GlyphStore.open(data)
    train = _some([char for char in store.chars if char not in store.held_out_chars], 12)
    held = _some([char for char in store.chars if char in store.held_out_chars], 4)
    styles = _some(store.styles, _PREVIEWED)
    rows = [_cells(face, (*train, *held), store.size) for face in (store.source, *styles)]
    labels = [store.source.name, *(_style_label(face.name, store) for face in styles)]
    parts = [(0, "in training")] * bool(train) + [(len(train), "held out")] * bool(held)
    title = f"{len(store.styles)} styles, {len(store.chars)} characters"
    title = f"{len(styles)} of {title}" if len(styles) < len(store.styles) else title
    if store.split == "pair":
        parts, title = [], f"{title}, pairs held out here and there"
    sheet = Sheet(rows, labels, (*train, *held), [(0, "source"), (1, "styles")], parts, title=title)
    return sheet.save(out or store.path / "preview.png")


def _some(items: Sequence[Item], most: int) -> list[Item]:
    return [items[place] for place in evenly(len(items), most)]


def _cells(face: FaceImages, chars: Sequence[str], size: int) -> list[Cell]:
    """Return the images of characters, none where the face does not draw one."""
    rows = [face.row(char) for char in chars]
    images = iter(face.read(np.array([row for row in rows if row is not None], np.int64), size))
    return [None if row is None else next(images) for row in rows]


def _style_label(name: str, store: GlyphStore) -> str:
    return f"{name} (held out)" if name in store.held_out_styles else name
