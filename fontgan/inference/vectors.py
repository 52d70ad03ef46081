"""Drawn strokes as texts: what each of `fontgan.outlines.formats` writes of a glyph."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from fontgan.errors import ConfigError, nearest
from fontgan.glyphs.painting import GLYPHS_PER_PROCESS, Workers
from fontgan.inference.model import Model
from fontgan.inference.origins import Origins
from fontgan.inference.parts import Images, Part, TextPart, Wanted
from fontgan.inference.sources import Sources
from fontgan.methods.base import VectorMethod
from fontgan.outlines.formats import FORMATS, Written, texts_of

WORTH_A_PROCESS = 100  # outlines take as long as a process does to start


@dataclass(frozen=True)
class Vectors:
    """What a model that moves a pen writes, in a format of ``FORMATS``.

    Attributes:
        model: the model.
        sources: the characters.
        name: of the format.
        origins: whose strokes the drawings start from.
    """

    model: Model
    sources: Sources
    name: str
    origins: Origins

    @classmethod
    def of(cls, model: Model, sources: Sources, name: str) -> Vectors:
        """Look up whose strokes the characters have.

        Raises:
            ConfigError: no such format, or the model draws images.
        """
        check_format(model, name)
        return cls(model, sources, name, Origins.of(model.vector, sources.face, sources.chars))

    @property
    def suffix(self) -> str:
        """What names of files end in."""
        return FORMATS[self.name].suffix

    @property
    def about(self) -> dict[str, Any]:
        """What a manifest says of them."""
        return {"format": self.name, **self.origins.manifest}

    def parts(self, wanted: Wanted, jobs: int = 1) -> Iterator[TextPart]:
        """Draw glyphs and write them, in up to ``jobs`` processes; memory stays flat."""
        under_way = deque[Part]()

        def tasks() -> Iterator[tuple[str, list[Written]]]:
            for part, glyphs in self._written(wanted):
                under_way.append(part)
                yield self.name, glyphs

        with outline_workers(jobs, wanted.glyphs) as workers:
            for texts in workers.map(texts_of, tasks()):
                part = under_way.popleft()
                yield TextPart(part.style, part.sample, part.start, part.places, texts)

    def images(self, style: str, places: Sequence[int], z: Tensor | None = None) -> Images:
        """Return what an overview shows of the characters at some places, (B, S, S)."""
        chars = [self.sources.chars[place] for place in places]
        return self.model.draw(self.sources.draw(chars), [style] * len(chars), chars, z=z)

    def _written(self, wanted: Wanted) -> Iterator[tuple[Part, list[Written]]]:
        for start, some in wanted.batches:
            chars = [self.sources.chars[place] for place in some]
            glyphs, notices = self.sources.draw(chars), list(map(self.origins.notice, chars))
            for number, style in enumerate(wanted.styles):
                for sample in range(len(wanted.codes) if wanted.codes else 1):
                    z = wanted.codes.part(sample, some) if wanted.codes else None
                    drawn = self.model.strokes(glyphs, [style] * len(chars), chars, z)
                    written = zip(chars, [style] * len(chars), drawn, notices, strict=True)
                    part = Part(number, sample, start, some)
                    yield part, [Written(*one) for one in written]


def outline_workers(jobs: int, glyphs: int) -> Workers:
    """Return up to ``jobs`` processes for the outlines of so many glyphs, none where few pay."""
    return Workers(jobs, GLYPHS_PER_PROCESS // WORTH_A_PROCESS * glyphs)


def check_format(model: Model, name: str) -> None:
    """Raise where a model's drawings cannot be had in a vector format.

    Raises:
        ConfigError: no such format, or the model draws images.
    """
    if name not in FORMATS:
        raise ConfigError(f"no format {name!r}: {nearest(name, ('png', *FORMATS))}")
    if not isinstance(model.method, VectorMethod):
        raise ConfigError(
            f"a model of {model.header.method} draws images, and --format {name} needs the strokes "
            "of a pen: train a model with --method penstroke, or draw png"
        )
