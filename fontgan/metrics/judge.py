"""Judge: who looks at drawn glyphs besides the glyph network, where the user asks for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

Known = dict[str, float]


@dataclass(frozen=True)
class Said:
    """What is said of some glyphs: of each its measures.

    Attributes:
        drawn: of the drawn glyphs.
        truth: of the true ones; empty where that means nothing, as with distances.
    """

    drawn: list[Known]
    truth: list[Known]


class Judge(ABC):
    """Looks at batches of glyphs one after another; then it may have a word on all of them."""

    @abstractmethod
    def look(self, char: Sequence[str], drawn: Tensor, truth: Tensor) -> Said:
        """Look at glyphs of some characters, (B, 1, S, S) in [-1, 1], ink -1."""

    def whole(self) -> Known:
        """Return the measures of all glyphs seen so far at once."""
        return {}

    def notes(self, chars: Sequence[str]) -> list[str]:  # noqa: ARG002
        """Say what the user should know of its word on glyphs of these characters."""
        return []
