"""What the manifest of a data set holds, read strictly: types, names of styles, files' places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from fontgan.errors import DataError, FontganError
from fontgan.glyphs.canvas import Canvas
from fontgan.limits import JSON_BYTES
from fontgan.store.shared_texts import FORMAT, VERSION, unpack
from fontgan.store.split import Split
from fontgan.untrusted import checked, read_json, style_name_fault

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Face:
    """What a manifest says of one face.

    Attributes:
        name: the style's name.
        spec: what its images were drawn from.
        file: where they are, ``faces/<name>.npy``.
        chars: its characters, row by row.
        family, sha256, licence, licence_url, copyright: of the font.
        missing: what the face lacks: missing, blank or tofu -> characters.
    """

    name: str
    spec: str
    file: str
    chars: str
    family: str = ""
    sha256: str = ""
    licence: str = ""
    licence_url: str = ""
    copyright: str = ""
    missing: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if fault := style_name_fault(self.name):
            raise ValueError(fault)
        place = PurePosixPath(self.file)
        if place.parts[:-1] != ("faces",) or place.suffix != ".npy" or "\0" in self.file:
            raise ValueError(f"{self.file[:60]!r} is no file in faces")


@dataclass(frozen=True)
class Manifest:
    """What a manifest says, but for what only people read."""

    canvas: Canvas
    source: Face
    styles: list[Face]
    chars: str
    held_out_chars: str
    held_out_styles: tuple[str, ...]
    fingerprint: str
    split: Split = "character"
    held_out_pairs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = [style.name for style in self.styles]
        if not names or len(set(names)) < len(names):
            raise ValueError("there is at least one style, each with a name of its own")


def read_manifest(path: Path) -> tuple[Manifest, Mapping[str, Any]]:
    """Read the manifest of a data set: what is in it, checked, and all of it as plain values.

    Raises:
        DataError: none there, unfinished, of another version, or damaged.
    """
    raw = _read(path)
    try:
        plain = unpack(raw)
        return checked(Manifest, plain), plain
    except (LookupError, TypeError, AttributeError, ValueError, FontganError) as error:
        raise DataError(
            f"{path / MANIFEST} is damaged ({error}); build the data set again"
        ) from None


def _read(path: Path) -> dict[str, Any]:
    file = path / MANIFEST
    if not file.is_file():
        if (path / "plan.json").is_file():
            raise DataError(
                f"{path} is unfinished; run the same `fontgan build` again to finish it"
            )
        raise DataError(f"{path} is no data set (no {MANIFEST}); make one with `fontgan build`")
    try:
        manifest = read_json(file, JSON_BYTES)
    except ValueError as error:
        raise DataError(f"{file} is damaged ({error}); build the data set again") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise DataError(f"{file} is not of a fontgan data set")
    if manifest.get("version") not in (1, VERSION):
        raise DataError(
            f"{path} has version {manifest.get('version')!r}, this program reads 1 to {VERSION}; "
            "build it again with --force"
        )
    return manifest
