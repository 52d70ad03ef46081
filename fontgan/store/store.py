"""GlyphStore: the images of many faces on disk, opened by memory map.

DATA/manifest.json says what is there: the canvas, the source face, the styles in their order, the
characters of each (row by row), what is held out, hashes and licences. It is written last, so a
folder without it is unfinished. DATA/faces/*.npy hold (N, S, S) uint8 each, ink 0 on paper 255.

What many faces share is kept once, in the manifest and in memory: most draw the same characters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import DataError, FontganError, nearest
from fontgan.glyphs.canvas import Canvas
from fontgan.store.face_images import FaceImages as FaceImages
from fontgan.store.face_images import file_fits
from fontgan.store.shared_texts import FORMAT, VERSION, unpack
from fontgan.store.split import Split


@dataclass(frozen=True)
class GlyphStore:
    """A built data set; open it with ``GlyphStore.open``.

    Attributes:
        split: held out by ``character``, or by ``pair``.
        held_out_chars: held out in every style; none where the split is by pair.
        held_out_pairs: by style the characters held out in it, where the split is by pair.

    """

    path: Path
    canvas: Canvas
    source: FaceImages
    styles: tuple[FaceImages, ...]
    chars: tuple[str, ...]
    held_out_chars: frozenset[str]
    held_out_styles: tuple[str, ...]
    fingerprint: str
    manifest: Mapping[str, Any] = field(repr=False)
    split: Split = "character"
    held_out_pairs: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def open(cls, path: str | Path) -> GlyphStore:
        """Open a data set.

        Raises:
            DataError: none there, unfinished, of another version, or damaged.

        """
        path = Path(path)
        manifest = _read_manifest(path)
        try:
            store = cls._of(path, unpack(manifest))
        except (LookupError, TypeError, AttributeError, ValueError, FontganError) as error:
            raise DataError(
                f"{path / 'manifest.json'} is damaged ({error}); build the data set again"
            ) from error
        for face in (store.source, *store.styles):
            _check(face, store.size)
        return store

    @property
    def size(self) -> int:
        """Return the side S of the images in pixels."""
        return self.canvas.size

    @property
    def style_names(self) -> tuple[str, ...]:
        """Return the names of the styles, in their order."""
        return tuple(style.name for style in self.styles)

    @property
    def leak(self) -> str:
        """Say what a split by pair means for scores; empty for the split by character."""
        if self.split == "character":
            return ""
        return (
            "split by pair: the characters of held-out glyphs are seen in other styles, so scores "
            "are better than for unseen characters"
        )

    def held_out(self, face: FaceImages) -> NDArray[np.bool_]:
        """Tell for each row (N,) of a style, or of the source, whether it is held out."""
        chars = self.held_out_in(face)
        return np.isin(face.codes, np.array([ord(char) for char in chars], dtype=np.int64))

    def held_out_in(self, face: FaceImages) -> frozenset[str]:
        """Return what is held out in a style, or in the source, drawn by the face or not."""
        if self.split == "character" or face is self.source:
            return self.held_out_chars
        return self.held_out_pairs.get(face.name, self.held_out_chars)

    def is_held_out(self, style: str, char: str) -> bool:
        """Tell whether a character is held out in a style."""
        by_pair = self.split == "pair" and char in self.held_out_pairs.get(style, ())
        return by_pair or char in self.held_out_chars

    @property
    def holds_out(self) -> bool:
        """Whether any pair is held out."""
        return any(self.held_out(style).any() for style in self.styles)

    def style(self, name: str) -> FaceImages:
        """Return a style by name; an unknown one is an error that names the nearest."""
        if name in self._by_name:
            return self._by_name[name]
        raise DataError(f"no style {name!r} in {self.path}: {nearest(name, self.style_names)}")

    @cached_property
    def _by_name(self) -> dict[str, FaceImages]:
        return {style.name: style for style in self.styles}

    @classmethod
    def _of(cls, path: Path, manifest: Mapping[str, Any]) -> GlyphStore:
        return cls(
            path=path,
            canvas=Canvas.from_dict(manifest["canvas"]),
            source=_face(path, manifest["source"]),
            styles=tuple(_face(path, style) for style in manifest["styles"]),
            chars=tuple(manifest["chars"]),
            held_out_chars=frozenset(manifest["held_out_chars"]),
            held_out_styles=tuple(manifest["held_out_styles"]),
            fingerprint=str(manifest["fingerprint"]),
            manifest=manifest,
            split=_split(manifest),
            held_out_pairs={
                name: frozenset(chars) for name, chars in manifest.get("held_out_pairs", {}).items()
            },
        )


def _face(path: Path, record: Mapping[str, Any]) -> FaceImages:
    values = {key: record[key] for key in FaceImages.__dataclass_fields__ if key in record}
    return FaceImages(**{**values, "path": path / record["file"]})


def _split(manifest: Mapping[str, Any]) -> Split:
    split: Split = manifest.get("split", "character")
    if split not in ("character", "pair"):
        raise ValueError(f"split is {split!r}")
    return split


def _check(face: FaceImages, size: int) -> None:
    if not file_fits(face.path, len(face.chars), size):
        state = "is cut short or damaged" if face.path.exists() else "is not there"
        raise DataError(f"{face.path} {state}; run the same build with --force to make it again")


def _read_manifest(path: Path) -> dict[str, Any]:
    file = path / "manifest.json"
    if not file.is_file():
        if (path / "plan.json").is_file():
            raise DataError(
                f"{path} is unfinished; run the same `fontgan build` again to finish it"
            )
        raise DataError(f"{path} is no data set (no manifest.json); make one with `fontgan build`")
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{file} is damaged ({error}); build the data set again") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise DataError(f"{file} is not of a fontgan data set")
    if manifest.get("version") not in (1, VERSION):
        raise DataError(
            f"{path} has version {manifest.get('version')}, this program reads 1 to {VERSION}; "
            "build it again with --force"
        )
    return manifest
