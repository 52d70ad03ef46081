"""GlyphStore: the images of many faces on disk, opened by memory map.

DATA/manifest.json says what is there: the canvas, the source face, the styles in their order, the
characters of each (row by row), what is held out, hashes and licences. It is written last, so a
folder without it is unfinished. DATA/faces/*.npy hold (N, S, S) uint8 each, ink 0 on paper 255.

What many faces share is kept once, in the manifest and in memory: most draw the same characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import DataError, nearest
from fontgan.glyphs.canvas import Canvas
from fontgan.store.face_images import FaceImages as FaceImages
from fontgan.store.face_images import file_fits
from fontgan.store.manifest import Face, Manifest, read_manifest
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
        manifest, plain = read_manifest(path)
        store = cls._of(path, manifest, plain)
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
    def _of(cls, path: Path, manifest: Manifest, plain: Mapping[str, Any]) -> GlyphStore:
        return cls(
            path=path,
            canvas=manifest.canvas,
            source=_face(path, manifest.source),
            styles=tuple(_face(path, style) for style in manifest.styles),
            chars=tuple(manifest.chars),
            held_out_chars=frozenset(manifest.held_out_chars),
            held_out_styles=manifest.held_out_styles,
            fingerprint=manifest.fingerprint,
            manifest=plain,
            split=manifest.split,
            held_out_pairs={
                name: frozenset(chars) for name, chars in manifest.held_out_pairs.items()
            },
        )


def _face(path: Path, face: Face) -> FaceImages:
    values = {key: value for key, value in vars(face).items() if key != "file"}
    return FaceImages(**values, path=path / face.file)


def _check(face: FaceImages, size: int) -> None:
    if not file_fits(face.path, len(face.chars), size):
        state = "is cut short or damaged" if face.path.exists() else "is not there"
        raise DataError(f"{face.path} {state}; run the same build with --force to make it again")
