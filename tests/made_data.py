"""Data sets of characters that are given one by one, on a canvas."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fontgan.glyphs.canvas import Canvas
from fontgan.store.build import build as build_store
from fontgan.store.request import DataRequest
from fontgan.store.store import GlyphStore

HOW = ("jobs", "strict", "force", "progress")


def build(
    source: str,
    targets: Iterable[str],
    chars: Iterable[str],
    out: Path,
    canvas: Canvas | None = None,
    **settings: Any,
) -> GlyphStore:
    """Build a data set; settings are those of `DataRequest` and of `fontgan.store.build.build`."""
    canvas = canvas or Canvas()
    how = {key: settings.pop(key) for key in HOW if key in settings}
    asked = {**canvas.to_dict(), **settings}
    return build_store(DataRequest(source, tuple(targets), tuple(chars), **asked), out, **how)
