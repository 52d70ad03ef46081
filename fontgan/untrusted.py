"""What a file from outside says, believed only as far as it is checked here.

JSON is read with limits of size, depth and number length, plain values are held against a type by
pydantic, and a text is made fit for a terminal. Whatever is wrong is a ValueError with one short
line, which the caller turns into the error of its subject.
"""

from __future__ import annotations

import reprlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from fontgan.errors import DataError
from fontgan.files import read_bytes
from fontgan.limits import JSON_BYTES

T = TypeVar("T")
_NOT_IN_NAMES = frozenset("/\\:=#,")
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60
_LONGEST_NAME = 200  # bytes of a style's name: file systems end at 255


def parse_json(text: str | bytes) -> Any:
    """Return the plain value that a JSON text says.

    Raises:
        ValueError: it is no JSON, is nested more than 200 deep, holds a number of thousands of
            digits or half of a surrogate pair, or is not UTF-8.

    >>> parse_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    """
    from pydantic_core import from_json  # not at the start: commands that read none are quick

    return from_json(text)


def read_json(path: str | Path, most: int = JSON_BYTES) -> Any:
    """Return what a JSON file says.

    Raises:
        OSError: it cannot be read, is no regular file, or is larger than ``most`` bytes.
        ValueError: as for `parse_json`.
    """
    return parse_json(read_bytes(path, most))


def parse_toml(text: str) -> dict[str, Any]:
    """Return the table that a TOML text says.

    Raises:
        ValueError: it is no TOML, is nested too deep, or holds a number of thousands of digits.
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def checked(kind: type[T], value: Any) -> T:
    """Return a plain value as ``kind``: a dataclass, a TypedDict, or a type of plain values.

    Keys that a dataclass does not know are left out: a newer version may have written them.

    Raises:
        ValueError: it is something else; the place is named.

    >>> checked(list[int], [1, 2])
    [1, 2]
    >>> checked(dict[str, int], {"a": None})
    Traceback (most recent call last):
    ValueError: a is None: input should be a valid integer
    """
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_python(value)  # type: ignore[no-any-return, arg-type]
    except ValidationError as error:
        raise ValueError(fault(error)) from None


def fault(error: Any) -> str:
    """Return the first thing that is wrong, of a pydantic ValidationError, in a few words."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    message = first["msg"][0].lower() + first["msg"][1:]
    if first["type"] == "missing":
        return f"{place} is missing"
    return f"{place + ' is ' if place else ''}{short(first['input'])}: {message}"


def short(value: Any) -> str:
    """Return how Python writes a value, shortened where it is long or nested deep."""
    return _SHORT.repr(value)


def printable(text: str) -> str:
    r"""Return a text from outside as a terminal may show it: what has no picture is escaped.

    No escape sequence, no line break, nothing that turns the direction of writing gets through.

    >>> printable("\x1b[31mred\n")
    '\\x1b[31mred\\n'
    """
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def style_name_fault(name: object) -> str:
    """Say why a name cannot be a style's, or return an empty text.

    Styles become folders, and are chosen by number, by ``all``, and several at a time with commas.

    >>> style_name_fault("../a")
    "'../a' cannot be a style's name"
    >>> style_name_fault("long-cang")
    ''
    """
    fits = (
        isinstance(name, str)
        and name.strip() == name != "all"
        and name.isprintable()
        and not name.isdecimal()
        and name[:1] not in ("", ".")
        and not _NOT_IN_NAMES & set(name)
        and len(name.encode()) <= _LONGEST_NAME
    )
    shown = printable(repr(name))
    return "" if fits else f"{shown[:60]} cannot be a style's name"


def check_utf8(path: str | Path, what: str) -> None:
    """Refuse a path that could not be written into a file of ours.

    Raises:
        DataError: it holds bytes that are not UTF-8.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise DataError(
            f"{what} {printable(str(path))} has bytes in its name that are not UTF-8; rename it"
        ) from None


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
