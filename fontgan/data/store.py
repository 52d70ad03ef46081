"""GlyphStore: the images of many faces on disk, opened by memory map.

DATA/manifest.json says what is there: the canvas, the source face, the styles in their order, the
characters of each (row by row), what is held out, hashes and licences. It is written last, so a
folder without it is unfinished. DATA/faces/*.npy hold (N, S, S) uint8 each, ink 0 on paper 255.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from fontgan.data.split import Split
from fontgan.errors import DataError, FontganError, nearest
from fontgan.glyphs.canvas import Canvas

FORMAT, VERSION = "fontgan-data", 1


@dataclass(frozen=True)
class FaceImages:
    """The images of one face: its rows are its characters, in their order.

    Attributes:
        name: the style's name.
        spec: what the images were drawn from: a font argument, or ``images:`` and a folder.
        missing: what the face lacks of the wanted characters: missing, blank or tofu -> characters.

    """

    name: str
    spec: str
    chars: tuple[str, ...]
    path: Path
    family: str = ""
    sha256: str = ""
    licence: str = ""
    licence_url: str = ""
    copyright: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def images(self) -> np.ndarray:
        """Return the images, (N, S, S) uint8, read only, mapped from the file."""
        try:
            images: np.ndarray = np.load(self.path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise DataError(
                f"{self.path} is damaged ({error}); build the data set again"
            ) from error
        return images

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """Return the code points (N,) of the characters."""
        return np.array([ord(char) for char in self.chars], dtype=np.int64)

    def rows(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows (N,) of code points (N,); -1 where the face does not draw one."""
        if not len(self):
            return np.full(len(codes), -1)
        order = np.argsort(self.codes)
        places = np.searchsorted(self.codes, codes, sorter=order).clip(max=len(self) - 1)
        rows: NDArray[np.int64] = order[places]
        return np.where(self.codes[rows] == codes, rows, -1)

    def row(self, char: str) -> int | None:
        """Return the row of a character, None when the face does not draw it."""
        return self._rows.get(char)

    def __contains__(self, char: object) -> bool:
        return char in self._rows

    def __len__(self) -> int:
        return len(self.chars)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the open map: another process maps the file itself."""
        return {key: value for key, value in self.__dict__.items() if key != "images"}

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {char: row for row, char in enumerate(self.chars)}


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
            store = cls._of(path, manifest)
        except (KeyError, TypeError, AttributeError, ValueError, FontganError) as error:
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
        chars = self.held_out_chars
        if self.split == "pair":
            chars = self.held_out_pairs.get(face.name, chars) if face is not self.source else chars
        return np.isin(face.codes, np.array([ord(char) for char in chars], dtype=np.int64))

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
        for style in self.styles:
            if style.name == name:
                return style
        raise DataError(f"no style {name!r} in {self.path}: {nearest(name, self.style_names)}")

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


def write_header(file: BinaryIO, count: int, size: int) -> int:
    """Write the head of a face's .npy file; return where its first image begins."""
    shape = (count, size, size)
    head = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, head)
    return file.tell()


def file_fits(path: Path, count: int, size: int) -> bool:
    """Tell whether a .npy file is there and holds ``count`` images of side ``size``, no less."""
    try:
        with open(path, "rb") as file:
            np.lib.format.read_magic(file)
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
            start, end = file.tell(), path.stat().st_size
    except (OSError, ValueError):
        return False
    wanted = (count, size, size)
    return shape == wanted and not fortran and dtype == np.uint8 and end - start == np.prod(wanted)


def _face(path: Path, record: Mapping[str, Any]) -> FaceImages:
    values = {key: record[key] for key in FaceImages.__dataclass_fields__ if key in record}
    values.update(chars=tuple(record["chars"]), path=path / record["file"])
    return FaceImages(**values)


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
    if manifest.get("version") != VERSION:
        raise DataError(
            f"{path} has version {manifest.get('version')}, this program reads {VERSION}; "
            "build it again with --force"
        )
    return manifest
