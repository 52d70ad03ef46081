"""The log of a run, as it is read: JSON lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fontgan.untrusted import checked, parse_json

_MOST = 2**53  # what a chart's axis, a float, can tell apart


@dataclass(frozen=True)
class _Said:
    """What is read of a line; it may say more."""

    iteration: int
    losses: dict[str, float] = field(default_factory=dict)
    held_out: dict[str, float] = field(default_factory=dict)
    codes: dict[str, float] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    seconds: float = 0.0
    rate: float = 0.0


def read_log(path: Path) -> list[dict[str, Any]]:
    """Read a log; a line that is none is left out, as the last one cut short by a killed run."""
    if not path.exists():
        return []
    texts = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in map(_line, texts) if line]


def _line(text: str) -> dict[str, Any]:
    """Return what a line says, or nothing."""
    try:
        line = parse_json(text)
        said = vars(checked(_Said, line))
    except ValueError:
        return {}
    if not 0 <= said["iteration"] <= _MOST:
        return {}
    return {key: said.get(key, value) for key, value in line.items()}
