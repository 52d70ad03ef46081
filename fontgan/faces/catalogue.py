"""The catalogue of open faces: which are embedded, which can be fetched, and what they draw."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from fontgan.errors import FontError, nearest
from fontgan.files import cache_dir
from fontgan.untrusted import read_json

FONT_SUFFIXES = frozenset({".ttf", ".otf", ".ttc", ".woff", ".woff2"})
SOURCE_NAME = "source.json"  # beside a fetched face: the package it is from


@dataclass(frozen=True)
class Entry:
    """One face of ``fonts/catalogue.toml``.

    ``coverage`` counts, by charset name, the characters that are really drawn: by the embedded
    face if there is one, else by the whole font. ``fetch_coverage`` counts those of the whole
    font. ``fetch`` holds the files to take from the package, with ``*`` within a folder; it is
    empty where nothing can be fetched.
    """

    id: str
    family: str
    script: str  # latin, cjk, japanese, korean
    kind: str  # print, kai, handwriting, brush, display
    licence: str  # SPDX identifier
    source: str  # npm, debian
    package: str
    version: str
    tarball_sha256: str
    embedded: bool
    tags: tuple[str, ...] = ()
    reserved_names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()  # of the embedded face, relative to its folder
    sha256: tuple[str, ...] = ()  # of these files
    coverage: dict[str, int] = field(default_factory=dict, hash=False)
    licence_file: str = ""  # in the package
    fetch: tuple[str, ...] = ()
    fetch_coverage: dict[str, int] = field(default_factory=dict, hash=False)

    @property
    def fetchable(self) -> bool:
        """Whether `fontgan fonts fetch` can get the whole font."""
        return self.source == "npm" and bool(self.fetch)

    @property
    def state(self) -> str:
        """Say where the face is now: "fetched", "embedded", or "available" to be fetched."""
        if fetched_folder(self):
            return "fetched"
        return "embedded" if self.embedded else "available"

    def has_tag(self, tag: str) -> bool:
        """Say whether ``tag`` is the face's class, its script or one of its tags."""
        return tag in (self.kind, self.script, *self.tags)


@cache
def entries() -> tuple[Entry, ...]:
    """Return every face of the catalogue, in the order of the file."""
    text = (resources.files("fontgan.fonts") / "catalogue.toml").read_text(encoding="utf-8")
    return tuple(_entry(table) for table in tomllib.loads(text)["face"])


def find(face_id: str) -> Entry:
    """Return the entry of an id.

    Raises:
        FontError: no face has this id; the nearest one is named.

    """
    known = {entry.id: entry for entry in entries()}
    if face_id not in known:
        raise FontError(f"no face {face_id!r} in the catalogue: {nearest(face_id, known)}")
    return known[face_id]


def font_path(entry: Entry) -> Path:
    """Return the file or the folder of pieces of a face: fetched if it is, else embedded.

    Raises:
        FontError: the face is neither embedded nor fetched.

    """
    folder = fetched_folder(entry)
    if folder is not None:
        pieces = font_files(folder)
        return pieces[0] if len(pieces) == 1 else folder
    if not entry.embedded:
        raise FontError(f"{entry.id} is not embedded; run: fontgan fonts fetch {entry.id}")
    folder = face_folder(entry)
    return folder / entry.files[0] if len(entry.files) == 1 else folder


def face_folder(entry: Entry) -> Path:
    """Return the folder of an embedded face, where its licence is too."""
    return Path(str(resources.files("fontgan.fonts"))) / entry.id


def fetched_folder(entry: Entry) -> Path | None:
    """Return the folder a face has been fetched to; None if it is not there in this version."""
    folder = cache_dir() / "fonts" / entry.id
    try:
        source = read_json(folder / SOURCE_NAME)
    except (OSError, ValueError):
        return None
    same = isinstance(source, dict) and source.get("tarball_sha256") == entry.tarball_sha256
    return folder if same else None


def font_files(folder: Path) -> list[Path]:
    """Return the font files of a folder, sorted by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in FONT_SUFFIXES)


def _entry(table: dict[str, Any]) -> Entry:
    values: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in table.items()
    }
    return Entry(kind=values.pop("class"), **values)
