"""Canvas: the one way to turn a face and a character into an image, exact to the bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from fontgan.errors import ConfigError, FontError, nearest
from fontgan.faces.face import FontFace
from fontgan.faces.raster import EM, Box, FontFile
from fontgan.limits import LEAST_SIDE, SIDE

Fit = Literal["em", "ink"]
FITS = ("em", "ink")


@dataclass(frozen=True)
class Canvas:
    """A square of paper and the rule by which glyphs are placed on it.

    Attributes:
        size: the side S, 32 to 512 pixels.
        fit: ``em`` keeps the size and place a glyph has in its font; ``ink`` centres the ink and
            scales it to fill the paper.
        margin: the share of the side left free on each side, 0 to 0.4.

    """

    size: int = 128
    fit: Fit = "em"
    margin: float = 0.05

    def __post_init__(self) -> None:
        if isinstance(self.size, bool) or not isinstance(self.size, int):
            raise ConfigError(f"size must be a whole number of pixels, not {self.size!r}")
        if not LEAST_SIDE <= self.size <= SIDE:
            raise ConfigError(f"size must be {LEAST_SIDE} to {SIDE} pixels, not {self.size}")
        if self.fit not in FITS:
            raise ConfigError(f"no fit {self.fit!r}: {nearest(str(self.fit), FITS)}")
        if not 0 <= self.margin <= 0.4:
            raise ConfigError(f"margin must be 0 to 0.4 of the side, not {self.margin}")

    def draw(self, face: FontFace, char: str) -> np.ndarray:
        """Draw a character: (S, S) uint8, ink 0 on paper 255.

        Raises:
            FontError: the face does not draw it.

        """
        image = np.empty((self.size, self.size), np.uint8)
        status = self.draw_into(image, face, char)
        if status != "drawn":
            raise FontError(f"{face.id} does not draw {char!r} (U+{ord(char):04X}): {status}")
        return image

    def draw_into(self, image: np.ndarray, face: FontFace, char: str) -> str:
        """Draw into a contiguous (S, S) uint8 array; return the status, paint only if drawn."""
        status, file, glyph = face.find(char)
        if file is None:
            return status
        self._place(face, file, glyph)
        return status if file.paint(image) else "blank"

    def em_of(self, face: FontFace, char: str) -> tuple[float, float, float] | None:
        """Return where the paper lies in the em of a character that is drawn on it.

        Returns:
            Em a side of the paper; from the glyph's origin to the paper's left side and from the
            baseline up to its upper side, in em. None where the face does not draw the character.
        """
        _, file, glyph = face.find(char)
        if file is None:
            return None
        em, right, up = self._place(face, file, glyph)
        return self._side / em, -right / em, (self._side - up) / em

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Canvas:
        """Make a canvas of plain values; an unknown key is an error."""
        unknown = set(values) - set(cls.__dataclass_fields__)
        if unknown:
            key = min(unknown)
            raise ConfigError(
                f"no canvas setting {key!r}: {nearest(key, cls.__dataclass_fields__)}"
            )
        return cls(**values)

    @property
    def _side(self) -> int:
        """Return the side in 1/64 pixel."""
        return 64 * self.size

    @property
    def _inner(self) -> int:
        """Return the side without its margins, in 1/64 pixel."""
        return round(self._side * (1 - 2 * self.margin))

    def _place(self, face: FontFace, file: FontFile, glyph: int) -> tuple[int, int, int]:
        """Load a glyph and place it; return its scale in 1/64 pixel an em, and how it moved."""
        middle = face.em_middle if self.fit == "em" else 0.0  # may load glyphs itself: before ours
        file.load(glyph)
        return self._place_ink(file) if self.fit == "ink" else self._place_em(file, middle)

    def _place_em(self, file: FontFile, middle: float) -> tuple[int, int, int]:
        advance, box = file.advance, file.box()
        scale = min(self._inner, _fitting(box, self._side))
        file.scale(scale)
        box = file.box()
        # A glyph without width (a combining mark) is centred by its ink.
        centre = advance * scale // EM if advance > 0 else box.left + box.right
        right = (self._side - centre) // 2
        up = round(self._side / 2 - middle * scale)
        right += _inward(box.left + right, box.right + right, self._side)
        up += _inward(box.bottom + up, box.top + up, self._side)
        file.move(right, up)
        return scale, right, up

    def _place_ink(self, file: FontFile) -> tuple[int, int, int]:
        scale = _fitting(file.box(), self._inner)
        file.scale(scale)
        box = file.box()
        right = (self._side - box.left - box.right) // 2
        up = (self._side - box.bottom - box.top) // 2
        file.move(right, up)
        return scale, right, up


def _fitting(box: Box, side: int) -> int:
    """Return the scale, in 1/65536, at which the larger side of the box is at most ``side``."""
    # Rounding may add one unit at each end.
    return max(1, (side - 2) * EM // max(box.width, box.height, 1))


def _inward(low: int, high: int, side: int) -> int:
    """Return the move that brings [low, high] into [0, side]."""
    return max(0, -low) or min(0, side - high)
