"""All settings of a run: of method, training and augmentation, and how often to look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from fontgan import methods
from fontgan.config import Table, fill, merge, parse_assignments, plain, read_toml, renamed
from fontgan.data.augment import Augment
from fontgan.errors import ConfigError, nearest
from fontgan.methods.base import Method
from fontgan.metrics.measures import Live
from fontgan.training.trainer import TrainingSettings

FORMER = {"every": "watch"}  # sections by their names in earlier versions


@dataclass(frozen=True)
class Watch:
    """How often a run logs, looks at itself and saves, in iterations, and what it looks for.

    Attributes:
        log: mean losses into the log.
        check: draw a sample sheet and score held-out characters; 0 is as often as costs 2 % of the
            time.
        save: write the latest checkpoint; 0 likewise.
        best: the measure by which the best checkpoint is chosen.
        patience: stop early after so many checks in a row without a new best; 0 is never.
    """

    log: Annotated[int, Field(ge=1)] = 50
    check: Annotated[int, Field(ge=0)] = 0
    save: Annotated[int, Field(ge=0)] = 0
    best: Live = "ssim"
    patience: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True)
class RunSettings:
    """Everything that decides what a run does with its data.

    Attributes:
        name: of the method.
        method: its hyper-parameters.
        training: how it is trained.
        augment: how pairs are moved.
        watch: how often to log, look and save, and what is best.
        size: the image side that the preset is meant for, or None.
    """

    name: str
    method: Method
    training: TrainingSettings = field(default_factory=TrainingSettings)
    augment: Augment = field(default_factory=Augment)
    watch: Watch = field(default_factory=Watch)
    size: int | None = None

    def tables(self) -> Table:
        """Return all settings as plain values, one table a section."""
        tables = {key: plain(getattr(self, key)) for key in sections(self.name)}
        return {"name": self.name, "size": self.size, **tables}


def presets(method: str) -> list[str]:
    """Return the names of a method's presets."""
    start = f"{method}-"
    files = (resources.files("fontgan") / "presets").iterdir()
    return sorted(
        file.name.removeprefix(start).removesuffix(".toml")
        for file in files
        if file.name.startswith(start)
    )


def load_settings(
    method: str,
    preset: str | None = None,
    config: str | Path | None = None,
    assignments: Sequence[str] = (),
) -> RunSettings:
    """Gather settings: defaults < preset < TOML file < ``key=value`` words.

    Raises:
        ConfigError: an unknown method, preset or setting, or an impossible value.
    """
    methods.find(method)
    first, file = (_preset(method, preset) if preset else {}), read_toml(config) if config else {}
    return from_tables(method, merged(method, first, file, assignments))


def merged(method: str, first: Table, file: Table, assignments: Sequence[str]) -> Table:
    """Merge tables of settings under today's names, and ``key=value`` words over them.

    Raises:
        ConfigError: a word that names no setting.
    """
    words = parse_assignments(assignments, sections(method), FORMER)
    return merge(*(_todays(method, table) for table in (first, file)), words)


def _todays(method: str, tables: Table) -> Table:
    """Return tables under the names that sections and settings have now."""
    kinds, found = sections(method), Table()
    for key, value in tables.items():
        section = FORMER.get(key, key)
        named = section in kinds and isinstance(value, Mapping)
        found = merge(found, {section: renamed(kinds[section], value) if named else value})
    return found


def from_tables(method: str, tables: dict[str, Any]) -> RunSettings:
    """Make settings from nested plain values, the inverse of `RunSettings.tables`.

    Raises:
        ConfigError: an unknown section or setting, an impossible value, or another method's
            settings.
    """
    kinds, tables = sections(method), _todays(method, tables)
    for key in tables:
        if key not in (*kinds, "name", "size"):
            raise ConfigError(f"{key}: no such section; {nearest(key, kinds)}")
    if tables.get("name", method) != method:
        raise ConfigError(f"these are settings of {tables['name']}, not of {method}")
    for key in kinds:
        if not isinstance(tables.get(key, {}), Mapping):
            raise ConfigError(f"{key} = {tables[key]!r}: write a section, [{key}], of settings")
    size = tables.get("size")
    if not isinstance(size, int | None):
        raise ConfigError(f"size = {size!r}: it is a number of pixels")
    filled: dict[str, Any] = {
        key: fill(kind, tables.get(key, {}), key) for key, kind in kinds.items()
    }
    return RunSettings(name=method, size=size, **filled)


def sections(method: str) -> dict[str, type]:
    """Return the settings dataclass of each section, for a method."""
    return {
        "method": methods.find(method),
        "training": TrainingSettings,
        "augment": Augment,
        "watch": Watch,
    }


def _preset(method: str, name: str) -> Table:
    if name not in presets(method):
        raise ConfigError(f"preset {name}: {method} has none; {nearest(name, presets(method))}")
    with resources.as_file(
        resources.files("fontgan") / "presets" / f"{method}-{name}.toml"
    ) as file:
        return read_toml(file)
