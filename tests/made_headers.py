"""Headers of checkpoints that no data set was built for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fontgan.data.task import Task
from fontgan.glyphs.canvas import Canvas
from fontgan.runs.header import DataRecord, FaceRecord, Header


def header(styles: Sequence[str] = ("a",), size: int = 32, **more: Any) -> Header:
    """Make a header; ``more`` are its other fields."""
    fields = {
        "method": "zi2zi",
        "settings": {"method": {}},
        "task": Task(size, tuple(styles)),
        "styles": tuple(FaceRecord(name, name) for name in styles),
        "source": FaceRecord("noto-sans-sc", "noto-sans-sc"),
        "canvas": Canvas(size),
        "trained_chars": "永",
        "held_out_chars": "",
        "data": DataRecord("data", "0"),
    }
    return Header(**{**fields, **more})
