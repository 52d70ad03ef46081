"""The catalogue of stroke sets: which are embedded, which can be fetched, and what they hold."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from fontgan.errors import DataError, nearest
from fontgan.files import cache_dir
from fontgan.strokes.paths import Strokes
from fontgan.strokes.stroke_set import Header, StrokeSet

SET_NAME = "strokes.safetensors"


@dataclass(frozen=True)
class Record:
    """One set of ``fonts/strokes/catalogue.toml``, where they stand in the order of preference.

    ``coverage`` counts, by charset name, the characters that the set holds.
    """

    id: str
    title: str
    licence: str  # SPDX identifier, or LicenseRef-...
    licence_url: str
    licence_file: str  # in the set's folder
    source: str  # npm, pypi, debian, or derived: made of another set here
    package: str  # its name; of a derived set what it was made of
    version: str
    package_sha256: str
    sha256: str  # of the set's file
    notice: str
    embedded: bool
    characters: int
    variant: str = ""  # of the package's files
    coverage: dict[str, int] = field(default_factory=dict, hash=False)
    derived_from: tuple[str, ...] = ()

    @property
    def header(self) -> Header:
        """Return what a set made of the package says of itself."""
        return Header(
            id=self.id,
            title=self.title,
            version=self.version,
            source=self._origin,
            licence=self.licence,
            licence_url=self.licence_url,
            notice=self.notice,
            derived_from=self.derived_from,
        )

    @property
    def _origin(self) -> str:
        if self.source == "derived":
            return self.package
        return f"{self.source}: {self.package} {self.version}, sha256 {self.package_sha256}"

    @property
    def state(self) -> str:
        """Say where the set is: "embedded", "fetched", or "available" to be fetched."""
        if self.embedded:
            return "embedded"
        return "fetched" if self.path.is_file() else "available"

    @property
    def folder(self) -> Path:
        """Return the folder of the set, with its licence; one to be fetched may not be there."""
        if self.embedded:
            return Path(str(resources.files("fontgan.fonts"))) / "strokes" / self.id
        return cache_dir() / "strokes" / self.id

    @property
    def path(self) -> Path:
        """Return the file of the set."""
        return self.folder / SET_NAME


@cache
def available() -> tuple[Record, ...]:
    """Return every set of the catalogue, in the order in which they are asked for a character."""
    text = (resources.files("fontgan.fonts") / "strokes" / "catalogue.toml").read_text("utf-8")
    return tuple(map(_record, tomllib.loads(text)["set"]))


def record(set_id: str) -> Record:
    """Return the record of an id.

    Raises:
        DataError: no set has this id; the nearest one is named.
    """
    known = {one.id: one for one in available()}
    if set_id not in known:
        raise DataError(f"no stroke set {set_id!r}: {nearest(set_id, known)}")
    return known[set_id]


def find(set_id: str) -> StrokeSet:
    """Open a set by its id; it is opened once.

    Raises:
        DataError: no such set, one that is not fetched yet, a damaged one.
    """
    found = record(set_id)
    if found.state == "available":
        raise DataError(f"{set_id} is not on this machine; run: fontgan strokes fetch {set_id}")
    return _opened(found.path)


def present() -> tuple[str, ...]:
    """Return the ids of the sets on this machine that are not derived from another, in order."""
    there = (one for one in available() if one.state != "available")
    return tuple(one.id for one in there if not one.derived_from)


def strokes_of(char: str, ids: Sequence[str] | None = None) -> tuple[Strokes, str] | None:
    """Return the strokes of a character and the id of the set they are from; None if in no set.

    Args:
        char: one character.
        ids: the sets to ask, in this order; by default those of ``present``.
    """
    for set_id in present() if ids is None else ids:
        strokes = find(set_id).get(char)
        if strokes is not None:
            return strokes, set_id
    return None


@cache
def _opened(path: Path) -> StrokeSet:
    return StrokeSet.open(path)


def _record(table: dict[str, Any]) -> Record:
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in table.items()
    }
    return Record(**values)
