"""From fonts to data sets: what `build` and `data show` do; no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from fontgan.glyphs.canvas import Canvas, Fit
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.sheet import Cell, Sheet
from fontgan.store.build import build as build_store
from fontgan.store.build_shard import BuiltShare
from fontgan.store.build_shard import build_share as build_store_share
from fontgan.store.shard import Shard
from fontgan.store.split import Split
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
    size: int = 128,
    fit: Fit = "em",
    margin: float = 0.05,
    holdout: float = 0.1,
    split: Split = "character",
    held_out_styles: Sequence[str] = (),
    chars_of: Mapping[str, str | Charset] | None = None,
    seed: int = 0,
    images: Iterable[str | Path] = (),
    jobs: int = 1,
    strict: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> GlyphStore:
    """Build a paired data set into the folder ``out``: see ``fontgan.store.build.build``."""
    limits = {style: Charset.wanted(some) for style, some in (chars_of or {}).items()}
    return build_store(
        str(source),
        [str(target) for target in targets],
        Charset.wanted(chars),
        out,
        Canvas(size, fit, margin),
        holdout=holdout,
        split=split,
        held_out_styles=held_out_styles,
        chars_of=limits,
        seed=seed,
        images=images,
        jobs=jobs,
        strict=strict,
        force=force,
        progress=progress,
    )


def build_share(
    shard: Shard,
    source: str | Path,
    targets: Sequence[str | Path],
    chars: str | Charset,
    out: str | Path,
    *,
    size: int = 128,
    fit: Fit = "em",
    margin: float = 0.05,
    chars_of: Mapping[str, str | Charset] | None = None,
    **settings: Any,
) -> BuiltShare:
    """Draw a share of the faces of a data set; the other arguments are those of `build`.

    Shares may run at once, on one machine or many that see the same folder; whichever ends last
    writes the manifest: see ``fontgan.store.build_shard``.
    """
    return build_store_share(
        shard,
        str(source),
        [str(target) for target in targets],
        Charset.wanted(chars),
        out,
        Canvas(size, fit, margin),
        chars_of={style: Charset.wanted(some) for style, some in (chars_of or {}).items()},
        **settings,
    )


def data_preview(data: str | Path | GlyphStore, out: str | Path | None = None) -> Path:
    """Write a preview of a data set: some characters, held-out ones too, in up to 64 styles.

    Returns the path, by default ``preview.png`` in the data set.
    """
    store = data if isinstance(data, GlyphStore) else GlyphStore.open(data)
    train = _spread([char for char in store.chars if char not in store.held_out_chars], 12)
    held = _spread([char for char in store.chars if char in store.held_out_chars], 4)
    styles = _spread(store.styles, _PREVIEWED)
    rows = [_cells(face, (*train, *held), store.size) for face in (store.source, *styles)]
    labels = [store.source.name, *(_style_label(face.name, store) for face in styles)]
    parts = [(0, "in training")] * bool(train) + [(len(train), "held out")] * bool(held)
    title = f"{len(store.styles)} styles, {len(store.chars)} characters"
    title = f"{len(styles)} of {title}" if len(styles) < len(store.styles) else title
    if store.split == "pair":
        parts, title = [], f"{title}, pairs held out here and there"
    sheet = Sheet(rows, labels, (*train, *held), [(0, "source"), (1, "styles")], parts, title=title)
    return sheet.save(out or store.path / "preview.png")


def _spread(items: Sequence[Item], count: int) -> list[Item]:
    """Pick ``count`` items at even distances."""
    count = min(count, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def _cells(face: FaceImages, chars: Sequence[str], size: int) -> list[Cell]:
    """Return the images of characters, none where the face does not draw one."""
    rows = [face.row(char) for char in chars]
    images = iter(face.read(np.array([row for row in rows if row is not None], np.int64), size))
    return [None if row is None else next(images) for row in rows]


def _style_label(name: str, store: GlyphStore) -> str:
    return f"{name} (held out)" if name in store.held_out_styles else name
