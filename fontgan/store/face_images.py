"""The images of one face in its file: mapped, or read row by row; (N, S, S) uint8, ink 0."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import DataError
from fontgan.files import open_regular

# Each open map holds a file: by default a process may have 1,024, on some systems 256.
MAPPED = 64
_HEAD = re.compile(
    rb"\{'descr': '\|u1', 'fortran_order': False, "
    rb"'shape': \(([0-9]{1,12}), ([0-9]{1,6}), ([0-9]{1,6})\), \} *\n"
)


@dataclass(frozen=True)
class FaceImages:
    """The images of one face: its rows are its characters, in their order.

    Attributes:
        name: the style's name.
        spec: what the images were drawn from: a font argument, or ``images:`` and a folder.
        chars: its characters, row by row; equal texts of several faces are one object.
        missing: what the face lacks of the wanted characters: missing, blank or tofu -> characters.

    """

    name: str
    spec: str
    chars: str
    path: Path
    family: str = ""
    sha256: str = ""
    licence: str = ""
    licence_url: str = ""
    copyright: str = ""
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def images(self) -> np.ndarray:
        """Return the images, (N, S, S) uint8, read only, mapped from the file.

        The last ``MAPPED`` faces that were asked for stay mapped.
        """
        try:
            return _mapped(self.path, self.path.stat().st_mtime_ns)
        except (OSError, ValueError) as error:
            raise self._damaged(error) from error

    def read(self, rows: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
        """Return the images (B, S, S) of rows (B,), without keeping the file open.

        A map reads much around a row that is not in memory: of images of 32 px, taken at random,
        500 times what is wanted. In memory a mapped row is the cheaper one, by 6 to 20 us.

        Raises:
            DataError: the file is not there any more, or is cut short.
        """
        images = np.empty((len(rows), size, size), np.uint8)
        try:
            with open(self.path, "rb", buffering=0) as file:
                start = file.seek(0, os.SEEK_END) - len(self) * size**2
                for row, image in zip(rows.tolist(), images, strict=True):
                    file.seek(start + row * size**2)
                    if file.readinto(image.data) != size**2:
                        raise ValueError(f"row {row} is cut short")
        except (OSError, ValueError) as error:
            raise self._damaged(error) from error
        return images

    @property
    def codes(self) -> NDArray[np.int64]:
        """Return the code points (N,) of the characters, read only."""
        return _code_points(self.chars)

    def rows(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows (N,) of code points (N,); -1 where the face does not draw one."""
        if not len(self):
            return np.full(len(codes), -1)
        order = _order(self.chars)
        places = np.searchsorted(self.codes, codes, sorter=order).clip(max=len(self) - 1)
        rows: NDArray[np.int64] = order[places]
        return np.where(self.codes[rows] == codes, rows, -1)

    def row(self, char: str) -> int | None:
        """Return the row of a character, None when the face does not draw it."""
        row = self.chars.find(char) if len(char) == 1 else -1
        return None if row < 0 else row

    def __contains__(self, char: object) -> bool:
        return isinstance(char, str) and self.row(char) is not None

    def __len__(self) -> int:
        return len(self.chars)

    def _damaged(self, error: Exception) -> DataError:
        return DataError(f"{self.path} is damaged ({error}); build the data set again")


def write_header(file: BinaryIO, count: int, size: int) -> int:
    """Write the head of a face's .npy file; return where its first image begins."""
    shape = (count, size, size)
    head = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, head)
    return file.tell()


def file_fits(path: Path, count: int, size: int) -> bool:
    """Tell whether a .npy file is there and holds ``count`` images of side ``size``, no less.

    Raises:
        PermissionError: it may not be read.
    """
    try:
        with open_regular(path) as file:
            shape, start = _head(file)
            length = file.seek(0, os.SEEK_END) - start
    except PermissionError:
        raise
    except (OSError, ValueError):
        return False
    return shape == (count, size, size) and length == count * size * size


def _head(file: BinaryIO) -> tuple[tuple[int, ...], int]:
    """Return the shape that the head of a .npy file says, and where its first image begins.

    numpy reads heads as Python; ours are known, so they are only compared.

    Raises:
        ValueError: another head than `write_header` writes.
    """
    start = file.read(10)
    length = int.from_bytes(start[8:], "little")
    match = _HEAD.fullmatch(file.read(min(length, 1_000)))
    if start[:8] != b"\x93NUMPY\1\0" or match is None:
        raise ValueError("its head is damaged")
    return tuple(map(int, match.groups())), 10 + length


@lru_cache(maxsize=MAPPED)
def _mapped(path: Path, changed: int) -> np.ndarray:  # noqa: ARG001
    """Map a face's file; one that was changed since is another one."""
    with open_regular(path) as file:
        shape, start = _head(file)
        return np.memmap(file, np.uint8, "r", start, shape)


@lru_cache(maxsize=8)
def _code_points(chars: str) -> NDArray[np.int64]:
    codes = np.frombuffer(chars.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.int64)
    codes.flags.writeable = False
    return codes


@lru_cache(maxsize=8)
def _order(chars: str) -> NDArray[np.int64]:
    """Return the rows (N,) in the order of their code points."""
    return np.argsort(_code_points(chars))
