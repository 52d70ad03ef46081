"""What a model is made for; no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """What a model is made for.

    Attributes:
        size: image side S in pixels.
        styles: names of the target styles; a style's index is its place here.
    """

    size: int
    styles: tuple[str, ...]
