"""StrokeSet: the strokes of many characters in one file, opened by memory map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from fontgan.errors import DataError
from fontgan.files import atomic_write, sha256
from fontgan.strokes.paths import Strokes
from fontgan.strokes.set_file import KEY, UNITS, check_shapes, damaged, read_header
from fontgan.strokes.set_file import Header as Header


class StrokeSet(Mapping[str, Strokes]):
    """Characters and their strokes; open it with ``StrokeSet.open``.

    >>> from fontgan.strokes import catalogue
    >>> len(catalogue.find("hanzi-writer")["永"])
    5
    """

    def __init__(self, path: Path, header: Header, index: Mapping[str, NDArray[Any]], wide: bool):
        self.path, self.header, self.has_radii = path, header, wide
        self._codes, self._strokes, self._points = (
            index[name].astype(np.int64) for name in ("codes", "strokes", "points")
        )

    @classmethod
    def open(cls, path: str | Path) -> StrokeSet:
        """Open a set: what it says and its index are read and checked, its points when asked for.

        Raises:
            DataError: not there, not a stroke set, of another version, or damaged.
        """
        path = Path(path)
        try:
            with safe_open(path, framework="numpy") as file:
                header = read_header(path, file.metadata() or {})
                check_shapes(path, file)
                index = {name: file.get_tensor(name) for name in ("codes", "strokes", "points")}
                found = cls(path, header, index, "radii" in file.keys())  # noqa: SIM118
                found._check_index(file.get_slice("xy").get_shape()[0])
        except OSError as error:
            raise DataError(f"{path}: no stroke set there ({error.strerror or error})") from None
        except SafetensorError as error:
            raise damaged(path, str(error)) from None
        return found

    @staticmethod
    def write(path: str | Path, glyphs: Mapping[str, Strokes], header: Header) -> StrokeSet:
        """Write a set and open it: the function ``write`` of this module."""
        return write(path, glyphs, header)

    @property
    def id(self) -> str:
        """Return the short name."""
        return self.header.id

    @property
    def title(self) -> str:
        """Return the name for people."""
        return self.header.title

    @property
    def version(self) -> str:
        """Return the version of the source."""
        return self.header.version

    @property
    def source(self) -> str:
        """Return what the strokes are from."""
        return self.header.source

    @property
    def licence(self) -> str:
        """Return the SPDX identifier of the licence."""
        return self.header.licence

    @property
    def licence_url(self) -> str:
        """Return where the text of the licence stands."""
        return self.header.licence_url

    @property
    def notice(self) -> str:
        """Return whose work it is and how it was changed."""
        return self.header.notice

    @property
    def derived_from(self) -> tuple[str, ...]:
        """Return the sets of which this one has the same strokes, moved."""
        return self.header.derived_from

    @cached_property
    def sha256(self) -> str:
        """Return the SHA-256 of the file."""
        return sha256(self.path)

    @cached_property
    def chars(self) -> tuple[str, ...]:
        """Return the characters by code point."""
        return tuple(map(chr, self._codes))

    def __len__(self) -> int:
        return len(self._codes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.chars)

    def __contains__(self, char: object) -> bool:
        return char in self._rows

    def __getitem__(self, char: str) -> Strokes:
        first, last = self._strokes[self._rows[char] : self._rows[char] + 2]
        ends = self._points[first : last + 1]
        cuts = (ends[1:-1] - ends[0]).tolist()
        xy, radii = self._values
        lines = np.split((xy[ends[0] : ends[-1]] / UNITS).astype(np.float32), cuts)
        wide = radii if radii is None else (radii[ends[0] : ends[-1]] / UNITS).astype(np.float32)
        return Strokes(tuple(lines), wide if wide is None else tuple(np.split(wide, cuts)))

    def __repr__(self) -> str:
        return f"StrokeSet({self.id!r}, {len(self)} characters)"

    def stroke_count(self, char: str) -> int:
        """Return how many strokes a character has, without reading them."""
        row = self._rows[char]
        return int(self._strokes[row + 1] - self._strokes[row])

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {char: row for row, char in enumerate(self.chars)}

    @cached_property
    def _values(self) -> tuple[NDArray[np.int16], NDArray[np.uint16] | None]:
        try:
            with safe_open(self.path, framework="numpy") as file:
                return file.get_tensor("xy"), file.get_tensor("radii") if self.has_radii else None
        except (OSError, SafetensorError) as error:
            raise damaged(self.path, str(error)) from None

    def _check_index(self, total: int) -> None:
        codes, strokes, points = self._codes, self._strokes, self._points
        faults = {
            "its code points are not ascending": (np.diff(codes) <= 0).any(),
            "it has impossible code points": len(codes) and codes[-1] > 0x10FFFF,
            "its list of strokes does not fit": not _partition(strokes, len(points) - 1),
            "its list of points does not fit": not _partition(points, total),
        }
        for fault, found in faults.items():
            if found:
                raise damaged(self.path, fault)


def write(path: str | Path, glyphs: Mapping[str, Strokes], header: Header) -> StrokeSet:
    """Write a set, whole or not at all, and open it; the same glyphs give the same bytes.

    Radii are written where every character has them.

    Raises:
        DataError: no character, a key that is not one character, points beyond 4 em.
    """
    if not glyphs:
        raise DataError(f"{path}: a stroke set needs one character or more")
    wrong = next((key for key in glyphs if len(key) != 1), None)
    if wrong is not None:
        raise DataError(f"{path}: {wrong!r} is not one character")
    data = save(_tensors(path, glyphs), {KEY: header.model_dump_json()})
    with atomic_write(path) as part:
        part.write_bytes(data)
    return StrokeSet.open(path)


def _tensors(path: str | Path, glyphs: Mapping[str, Strokes]) -> dict[str, NDArray[Any]]:
    ordered = [glyphs[char] for char in sorted(glyphs)]
    lines = [line for one in ordered for line in one.polylines]
    tensors: dict[str, NDArray[Any]] = {
        "codes": np.array(sorted(map(ord, glyphs)), np.uint32),
        "strokes": _ends([len(one) for one in ordered]),
        "points": _ends([len(line) for line in lines]),
        "xy": _quantised(path, np.concatenate(lines), np.int16),
    }
    if all(one.radii is not None for one in ordered):
        radii = np.concatenate([radius for one in ordered for radius in one.radii or ()])
        tensors["radii"] = _quantised(path, radii, np.uint16)
    return tensors


def _ends(counts: list[int]) -> NDArray[np.uint32]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.uint32)


def _quantised(path: str | Path, values: NDArray[np.float32], kind: type[Any]) -> NDArray[Any]:
    units = np.rint(values.astype(np.float64) * UNITS)
    limits = np.iinfo(kind)
    if units.min() < limits.min or units.max() > limits.max:
        raise DataError(f"{path}: points lie too far outside the em box to be written")
    return units.astype(kind)


def _partition(ends: NDArray[np.int64], total: int) -> bool:
    """Tell whether offsets cut ``total`` things into pieces that all hold some."""
    return bool(ends[0] == 0 and ends[-1] == total and (np.diff(ends) > 0).all())
