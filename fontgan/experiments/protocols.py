"""Protocols by name: which faces and characters are trained on and which are scored, for good.

The shipped files in ``fontgan/protocols`` hold the exact lists, so that figures of two people can
be held against each other. ``seen-font`` is one protocol; ``unseen-font-N`` and ``unseen-both-N``
add two hands with N characters each to a model of ``seen-font``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from fontgan.config import fill, read_toml
from fontgan.errors import ConfigError, nearest

SHIPPED = resources.files("fontgan") / "protocols"


@dataclass(frozen=True)
class Protocol:
    """One protocol.

    Attributes:
        name: with N where there is one, such as ``unseen-font-100``.
        description: one line.
        source: the font that glyphs are translated from.
        faces: trained on.
        added: added to a model of ``faces``; none for a protocol that adds none.
        count: characters given of each added face.
        picks: the lists from which these can be taken.
        train: characters that ``faces`` are trained on.
        held_out: characters that no training sees.
        scored: characters on which it is scored.
    """

    name: str
    description: str
    source: str
    faces: tuple[str, ...]
    added: tuple[str, ...]
    count: int
    picks: tuple[str, ...]
    train: tuple[str, ...]
    held_out: tuple[str, ...]
    scored: tuple[str, ...]

    @property
    def scored_faces(self) -> tuple[str, ...]:
        """Return the faces that are scored: the added ones, or all."""
        return self.added or self.faces

    def given(self, pick: str) -> tuple[str, ...]:
        """Return the characters given of an added face; none where none is added.

        Raises:
            ConfigError: there is no such list.
        """
        if not self.added:
            return ()
        if pick not in self.picks:
            raise ConfigError(f"--pick {pick}: {nearest(pick, self.picks)}")
        return _chars(f"pick-{pick}.txt")[: self.count]


@dataclass(frozen=True)
class _File:
    """What a shipped file says; see ``Protocol``."""

    description: str
    source: str
    faces: tuple[str, ...]
    train: str
    held_out: str
    scored: str
    added: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    picks: tuple[str, ...] = ()


def names() -> list[str]:
    """Return the names of all protocols."""
    found = []
    for stem in _stems():
        counts = _read(stem).counts
        found += [f"{stem}-{count}" for count in counts] if counts else [stem]
    return found


def load(name: str) -> Protocol:
    """Return a protocol by name.

    Raises:
        ConfigError: there is none; the nearest is named.
    """
    if name not in names():
        raise ConfigError(f"no protocol {name!r}; {nearest(name, names())}")
    match = re.fullmatch(r"(.*)-(\d+)", name)
    stem, count = (match[1], int(match[2])) if match else (name, 0)
    file = _read(stem)
    return Protocol(
        name=name,
        description=file.description.replace("N characters", f"{count} characters"),
        source=file.source,
        faces=file.faces,
        added=file.added,
        count=count,
        picks=file.picks,
        train=_chars(file.train),
        held_out=_chars(file.held_out),
        scored=_chars(file.scored),
    )


def _stems() -> list[str]:
    return sorted(
        file.name.removesuffix(".toml") for file in SHIPPED.iterdir() if file.name.endswith(".toml")
    )


def _read(stem: str) -> _File:
    with resources.as_file(SHIPPED / f"{stem}.toml") as path:
        file: _File = fill(_File, read_toml(path), stem)
    return file


def _chars(name: str) -> tuple[str, ...]:
    return tuple((SHIPPED / name).read_text(encoding="utf-8").strip())
