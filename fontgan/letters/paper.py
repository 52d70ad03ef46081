"""The paper of a letter, and how large one writes on it; all in millimetres."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fontgan.errors import ConfigError, nearest

SIZES = {
    "a3": (297.0, 420.0),
    "a4": (210.0, 297.0),
    "a5": (148.0, 210.0),
    "a6": (105.0, 148.0),
    "letter": (215.9, 279.4),
    "legal": (215.9, 355.6),
}
LEAST, MOST = 10.0, 2_000.0  # of a side


@dataclass(frozen=True)
class Paper:
    """A page and its writing.

    Attributes:
        width, height: of the page.
        margin: left free on every side.
        size: the em, about the height of a Chinese character with the space around it.
        spacing: from line to line, in ems.

    Raises:
        ConfigError: a page that cannot be, or on which no character has room.
    """

    width: float = 210.0
    height: float = 297.0
    margin: float = 20.0
    size: float = 9.0
    spacing: float = 1.5

    def __post_init__(self) -> None:
        if not (LEAST <= self.width <= MOST and LEAST <= self.height <= MOST):
            raise ConfigError(
                f"a page of {self.width:g} x {self.height:g} mm: a side is {LEAST:g} to {MOST:g} mm"
            )
        if not 1 <= self.size <= 200:
            raise ConfigError(f"the size of writing must be 1 to 200 mm, not {self.size:g}")
        if not 0.5 <= self.spacing <= 10:
            raise ConfigError(f"the spacing of lines must be 0.5 to 10, not {self.spacing:g}")
        room = min(self.width, self.height) - 2 * self.margin
        if not self.margin >= 0 or room < 1.2 * self.size:
            raise ConfigError(
                f"margins of {self.margin:g} mm leave no room to write {self.size:g} mm large on "
                f"{self.width:g} x {self.height:g} mm"
            )

    @classmethod
    def of(cls, name: str, margin: float, size: float, spacing: float) -> Paper:
        """Return paper by its name, or WIDTHxHEIGHT in millimetres.

        >>> Paper.of("100x50", 5, 9, 1.5).width
        100.0
        """
        match = re.fullmatch(r"([0-9.]{1,8})x([0-9.]{1,8})", name.lower())
        try:
            sides = tuple(map(float, match.groups())) if match else SIZES[name.lower()]
        except (KeyError, ValueError):
            raise ConfigError(
                f"no paper {name!r}: {nearest(name, SIZES)}, or WIDTHxHEIGHT in mm, like 100x150"
            ) from None
        return cls(sides[0], sides[1], margin, size, spacing)

    @property
    def line(self) -> float:
        """Return how long a line is, in ems."""
        return (self.width - 2 * self.margin) / self.size

    @property
    def lines(self) -> int:
        """Return how many lines a page has: one at least."""
        free = (self.height - 2 * self.margin) / self.size
        return 1 + max(0, int((free - 1) / self.spacing + 1e-9))
