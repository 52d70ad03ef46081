"""Which models come with fontgan, and where they lie; README.md beside them is their card."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

NAMES = ("hanzi", "latin")  # the first one draws where nothing tells which is meant


def boxed(name: str) -> Path:
    """Return the checkpoint of a model in the box.

    >>> boxed("hanzi").name
    'hanzi.safetensors'
    """
    assert name in NAMES
    return Path(str(resources.files("fontgan.box"))) / f"{name}.safetensors"
