"""What a model is made for; no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# How the sources of a batch stand to its targets (see `fontgan.data.sampling`).
Pairing = Literal["paired", "unpaired", "one_pair"]


@dataclass(frozen=True)
class Task:
    """What a model is made for.

    Attributes:
        size: image side S in pixels.
        styles: names of the target styles; a style's index is its place here.
        sets: of two data sets the number, 0 or 1, of that which each style comes from; empty where
            there is one.
    """

    size: int
    styles: tuple[str, ...]
    sets: tuple[int, ...] = ()
