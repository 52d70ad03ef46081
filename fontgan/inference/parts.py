"""Which glyphs a drawing has, and their images, a batch of characters at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fontgan.glyphs.png import encode
from fontgan.inference.latents import Codes
from fontgan.inference.model import Model
from fontgan.inference.sources import Sources

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Wanted:
    """What is to be drawn.

    Attributes:
        styles: their names.
        places: of the characters in the whole drawing, of which this may be a share.
        batch_size: characters at once.
        codes: one a sample, or None.
        seed: of the noise of methods that draw any.
    """

    styles: Sequence[str]
    places: range
    batch_size: int = 64
    codes: Codes | None = None
    seed: int = 0

    @property
    def batches(self) -> Iterator[tuple[int, range]]:
        """Yield where a batch starts among the characters drawn, and its places."""
        for start in range(0, len(self.places), self.batch_size):
            yield start, self.places[start : start + self.batch_size]

    @property
    def glyphs(self) -> int:
        """How many glyphs there are: styles times samples times characters."""
        return len(self.styles) * (len(self.codes) if self.codes else 1) * len(self.places)


@dataclass(frozen=True)
class Part:
    """Drawn glyphs of one style and sample.

    Attributes:
        style, sample: their places among those drawn.
        start: the place of the first among the characters drawn.
        places: those of the characters in the whole drawing.
    """

    style: int
    sample: int
    start: int
    places: Sequence[int]

    @property
    def own(self) -> slice:
        """Which of the characters drawn these are."""
        return slice(self.start, self.start + len(self.places))


@dataclass(frozen=True)
class ImagePart(Part):
    """Glyphs as images.

    Attributes:
        images: (B, S, S), ink 0.
        prints: the same characters in the source font, (B, S, S).
    """

    images: Images
    prints: Images

    @property
    def contents(self) -> Iterator[bytes]:
        """Yield the PNG of each glyph."""
        return map(encode, self.images)


@dataclass(frozen=True)
class TextPart(Part):
    """Glyphs as the texts of a vector format."""

    texts: Sequence[str]

    @property
    def contents(self) -> Iterator[bytes]:
        """Yield what the file of each glyph holds."""
        return (text.encode() for text in self.texts)


def image_parts(
    model: Model, sources: Sources, shown: Sources, wanted: Wanted
) -> Iterator[ImagePart]:
    """Draw a batch of characters in all styles and samples, then the next, so memory stays flat.

    Sources are on the model's canvas; those shown may be on one of another size.
    """
    size = None if shown is sources else shown.canvas.size
    for start, some in wanted.batches:
        chars = [sources.chars[place] for place in some]
        glyphs, seed = sources.draw(chars), wanted.seed + start
        prints = glyphs if size is None else shown.draw(chars)
        if wanted.codes is None:
            drawn = model.draw_styles(glyphs, wanted.styles, chars, seed, size)
            for number, images in enumerate(drawn):
                yield ImagePart(number, 0, start, some, images, prints)
            continue
        for number, style in enumerate(wanted.styles):
            for sample in range(len(wanted.codes)):
                z = wanted.codes.part(sample, some)
                images = model.draw(glyphs, [style] * len(chars), chars, seed, z, size)
                yield ImagePart(number, sample, start, some, images, prints)
