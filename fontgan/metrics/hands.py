"""Whose hand is a glyph in? The one whose other glyphs it is most like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Hands:
    """The hands that a glyph may be in, by the style embeddings of some of their true glyphs.

    Attributes:
        names: of the hands; their order decides between equals.
        sums: (F, D) of the embeddings.
        chars: the characters in each sum.
    """

    names: tuple[str, ...]
    sums: Tensor
    chars: tuple[frozenset[str], ...]

    def right(
        self, seen: Tensor, own: Tensor, style: Sequence[str], char: Sequence[str]
    ) -> list[bool]:
        """Tell which glyphs lie nearest to the mean of their own hand, by cosine.

        Where a glyph's own truth is in that mean it is left out, so that a hand is not recognised
        by the very glyph.

        Args:
            seen: (B, D) embeddings of the glyphs.
            own: (B, D) embeddings of their truths.
            style: the hand of each glyph.
            char: the character of each glyph.
        """
        near = seen @ F.normalize(self.sums).T
        place = [self.names.index(name) for name in style]
        for row, (hand, letter) in enumerate(zip(place, char, strict=True)):
            if letter in self.chars[hand]:
                rest = F.normalize(self.sums[hand] - own[row], dim=0)
                near[row, hand] = seen[row] @ rest
        return [best == hand for best, hand in zip(near.argmax(dim=1).tolist(), place, strict=True)]
