"""The file of a stroke set: what it holds, and the checks before anything of it is used.

The file is safetensors, so nothing in it is run. Its tensors are

    codes    uint32 (N,)     code points, ascending
    strokes  uint32 (N + 1,) strokes[i] to strokes[i + 1] are the strokes of character i
    points   uint32 (S + 1,) points[j] to points[j + 1] are the points of stroke j
    xy       int16  (T, 2)   in 1/8192 em, as ``Strokes`` has them
    radii    uint16 (T,)     in 1/8192 em; only where the set has widths

and its metadata has one entry, ``fontgan-strokes``, with a ``Header`` as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fontgan.errors import DataError

FORMAT: Literal[1] = 1
UNITS = 8192  # of one em: 1,024-unit data is exact, and int16 reaches 4 em
KEY = "fontgan-strokes"
_TYPES = {"codes": "U32", "strokes": "U32", "points": "U32", "xy": "I16", "radii": "U16"}


class Header(BaseModel):
    """What a set says of itself.

    Attributes:
        format: of the file.
        id: a short name fit for a command line.
        title: the name for people.
        version: of the source.
        source: what the strokes are from: package, version, address.
        licence: SPDX identifier, or ``LicenseRef-...`` where there is none.
        licence_url: where its text stands.
        notice: whose work it is, and how and when it was changed.
        derived_from: ids of the sets of which this one has the same strokes, moved.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    format: Literal[1] = FORMAT
    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)
    title: str = Field(min_length=1, max_length=200)
    version: str = Field(max_length=64)
    source: str = Field(max_length=1000)
    licence: str = Field(min_length=1, max_length=200)
    licence_url: str = Field(max_length=1000)
    notice: str = Field(max_length=4000)
    derived_from: tuple[str, ...] = ()


def read_header(path: Path, metadata: Mapping[str, str]) -> Header:
    """Return the header out of the metadata of a file.

    Raises:
        DataError: none there, of another version, or damaged.
    """
    if KEY not in metadata:
        raise DataError(f"{path}: not a stroke set of fontgan")
    try:
        return Header.model_validate_json(metadata[KEY])
    except ValidationError as error:
        first = error.errors()[0]
        if first["loc"] == ("format",):
            raise DataError(
                f"{path}: a stroke set of format {str(first['input'])[:20]}; this fontgan reads "
                f"format {FORMAT}; make it again or use the fontgan it was made with"
            ) from None
        where = ".".join(map(str, first["loc"])) or "header"
        raise damaged(path, f"{where}: {first['msg'].lower()}") from None


def check_shapes(path: Path, file: Any) -> None:
    """Check names, types and numbers of dimensions of a file opened by ``safe_open``.

    Raises:
        DataError: they do not fit.
    """
    names = set(file.keys())
    if names - {"radii"} != set(_TYPES) - {"radii"}:
        raise damaged(path, f"it holds {', '.join(sorted(names))[:100]}")
    shapes = {}
    for name in names:
        part = file.get_slice(name)
        shapes[name] = part.get_shape()
        if part.get_dtype() != _TYPES[name] or len(shapes[name]) != 1 + (name == "xy"):
            raise damaged(path, f"its {name} have another type or shape")
    total = shapes["xy"][0]
    if shapes["xy"][1] != 2 or shapes.get("radii", [total]) != [total]:
        raise damaged(path, "its points have another shape")
    if shapes["strokes"] != [shapes["codes"][0] + 1] or not shapes["points"][0]:
        raise damaged(path, "its list of strokes does not fit")


def damaged(path: Path, why: str) -> DataError:
    """Return the error of a damaged file."""
    return DataError(f"{path}: a damaged stroke set ({why}); get or make it again")
