"""A command line to try, and the folder that it runs in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from . import json_
from .subjects import CHARS

SIZE = ("--size", "32", "--jobs", "1")
FEW = f"text:{CHARS[:3]}"
CPU = ("--device", "cpu")


@dataclass(frozen=True)
class Case:
    """A command line, and what it may write.

    Attributes:
        words: after ``fontgan``.
        stdin: standard input.
        writes: files and folders, in the folder of the case, that it may make or change.
    """

    words: Sequence[str]
    stdin: bytes = b""
    writes: Sequence[str] = ("out",)


@dataclass(frozen=True)
class Place:
    """The folder of one case, its cache, and where valid files come from."""

    subjects: Path
    folder: Path
    cache: Path

    def take(self, *names: str) -> None:
        """Copy valid files and folders into the case."""
        for name in names:
            origin, goal = self.subjects / name, self.folder / name
            if origin.is_dir():
                shutil.copytree(origin, goal)
            else:
                goal.write_bytes(origin.read_bytes())

    def damage(self, name: str, rng: Random, way: Callable[[bytes, Random], bytes]) -> None:
        """Damage a file of the case."""
        file = self.folder / name
        file.write_bytes(way(file.read_bytes(), rng))


def text_way(data: bytes, rng: Random) -> bytes:
    """Damage a file of JSON."""
    return json_.damage(data.decode(), rng)


Group = Callable[[Place, Random], Case]
