"""Settings: dataclasses filled from presets, TOML files and ``key=value`` words, strictly.

Defaults < preset < TOML file < ``--set key=value``. An unknown key is an error that names the
nearest one, a value of the wrong type or range is an error that names the key.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import tomli_w
from pydantic import ConfigDict, TypeAdapter, ValidationError

from fontgan.errors import ConfigError, nearest
from fontgan.files import read_bytes
from fontgan.limits import TOML_BYTES
from fontgan.untrusted import parse_toml, short

Settings = TypeVar("Settings")
Table = dict[str, Any]


def read_toml(path: str | Path) -> Table:
    """Read a TOML file.

    Raises:
        ConfigError: the file is missing or is not TOML.
    """
    try:
        return parse_toml(read_bytes(path, TOML_BYTES).decode())
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such settings file") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from None


def to_toml(table: Mapping[str, Any]) -> str:
    """Write nested plain values as TOML; None is left out, as TOML has no such value."""
    return tomli_w.dumps(_without_none(table))


def merge(*tables: Mapping[str, Any]) -> Table:
    """Merge nested tables; later ones win key by key."""
    merged: Table = {}
    for table in tables:
        for key, value in table.items():
            old = merged.get(key)
            both = isinstance(old, Mapping) and isinstance(value, Mapping)
            merged[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return merged


def parse_assignments(
    words: Sequence[str], sections: Mapping[str, type], former: Mapping[str, str] | None = None
) -> Table:
    """Turn ``key=value`` words into a table of sections.

    A key is ``section.field``, or the bare field where only one section has it. Values are read as
    TOML values, else as plain strings.

    Args:
        words: for example ``["l1=50", "training.batch_size=32"]``.
        sections: the settings dataclass of each section.
        former: sections by their names in earlier versions.

    Raises:
        ConfigError: a word without ``=``, an unknown section or field.
    """
    table: Table = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"--set {word}: write it as key=value")
        section, field = _locate(key.strip(), sections, former or {})
        table.setdefault(section, {})[field] = _parse_value(text.strip())
    return table


def fill(kind: type[Settings], values: Mapping[str, Any], where: str = "") -> Settings:
    """Make a settings dataclass from plain values, strictly.

    Args:
        kind: a dataclass.
        values: its fields; missing ones keep their defaults.
        where: name of the section, for messages.

    Raises:
        ConfigError: an unknown field (the nearest is named) or an impossible value.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where} = {short(values)}: it should be a table of settings")
    known, values = field_names(kind), renamed(kind, values)
    prefix = f"{where}." if where else ""
    for key in values:
        if key not in known:
            raise ConfigError(f"{prefix}{key}: no such setting; {nearest(key, known)}")
    try:
        return _adapter(kind).validate_python(dict(values))  # type: ignore[no-any-return, arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        message = first["msg"][0].lower() + first["msg"][1:]
        raise ConfigError(f"{prefix}{key} = {short(first['input'])}: {message}") from None


def renamed(kind: type, values: Mapping[str, Any]) -> Table:
    """Return plain values under the names that settings have now.

    A dataclass says in ``former`` what its settings were called in earlier versions; so their
    files and checkpoints are read for ever, and written anew under today's names.
    """
    return {_now(kind, key): value for key, value in values.items()}


def _now(kind: type, key: str) -> str:
    former: Mapping[str, str] = getattr(kind, "former", {})
    return former.get(key, key)


def field_names(kind: type) -> list[str]:
    """Return the names of a settings dataclass's fields, in order."""
    return [field.name for field in dataclasses.fields(kind)]


def plain(settings: Any) -> Table:
    """Return a settings dataclass as nested plain values, ready for JSON or TOML."""
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in dataclasses.asdict(settings).items()
    }


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    # The dataclass itself stays plain: pydantic only checks the values on their way in.
    return TypeAdapter(_checked(kind))


def _checked(kind: type) -> type:
    kind.__pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)  # type: ignore[attr-defined]
    return kind


def _locate(key: str, sections: Mapping[str, type], former: Mapping[str, str]) -> tuple[str, str]:
    section, dot, field = key.partition(".")
    section = former.get(section, section) if dot else section
    if dot:
        if section not in sections:
            raise ConfigError(f"{key}: no such section; {nearest(section, sections)}")
        field = _now(sections[section], field)
        if field not in field_names(sections[section]):
            hint = nearest(field, field_names(sections[section]))
            raise ConfigError(f"{key}: no such setting; {hint}")
        return section, field
    holders = [name for name, kind in sections.items() if _now(kind, key) in field_names(kind)]
    if len(holders) == 1:
        return holders[0], _now(sections[holders[0]], key)
    if holders:
        raise ConfigError(f"{key}: say which one: {', '.join(f'{h}.{key}' for h in holders)}")
    every = [field for kind in sections.values() for field in field_names(kind)]
    raise ConfigError(f"{key}: no such setting; {nearest(key, every)}")


def _parse_value(text: str) -> Any:
    try:
        return parse_toml(f"value = {text}")["value"]
    except ValueError:
        return text


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    return value
