"""Where the glyphs of a font come from: a model, what somebody wrote, or both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from fontgan.errors import ConfigError, FontError
from fontgan.fontmaking.building import Drawings
from fontgan.fontmaking.matching import Likeness, compare
from fontgan.fontmaking.naming import About
from fontgan.fontmaking.request import FontWanted
from fontgan.fontmaking.shaping import Drawn, Match, Place, quadratics, shape_all
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.evenly import evenly
from fontgan.glyphs.painting import Workers
from fontgan.glyphs.scans import PREFIX
from fontgan.inference.font_about import about_images, about_model
from fontgan.inference.font_glyphs import Writing, drawn_glyphs, place_of
from fontgan.inference.latents import random_codes
from fontgan.inference.loading import open_model
from fontgan.inference.model import Model
from fontgan.inference.sources import Sources

COMPARED = 60  # characters, written and drawn, to match sizes and weights
Progress = Callable[[int, int], None]


@dataclass
class Hand:
    """Where the glyphs of a font come from: a model, what somebody wrote, or both.

    Attributes:
        wanted: what the font is to be.
        chars: those of the characters asked for that there are.
        missing: the others.
        written: those that somebody wrote, here or not asked for.
        writing: the written ones.
        model, style, sources: what draws the rest.
        notes: what the user should know.
    """

    wanted: FontWanted
    chars: list[str]
    missing: list[str]
    written: frozenset[str]
    writing: Writing | None = None
    model: Model | None = None
    style: str = ""
    sources: Sources | None = None
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, run: str | Path | None, wanted: FontWanted, device: str) -> Hand:
        """Find a hand.

        Args:
            run: what draws, or ``images:FOLDER``.
            wanted: the style, and the characters.
            device: where a model draws.

        Raises:
            FontganError: there is no such hand, or it has none of the characters.
        """
        asked = list(Charset.wanted(wanted.chars))
        if run is not None and str(run).startswith(PREFIX):
            _refuse(wanted, str(run))
            return cls._of_images(str(run).removeprefix(PREFIX), asked, wanted)
        hands = [wanted.style] if wanted.style else []
        _, model, notes = open_model(run, device=device, styles=hands)
        return cls._of_model(model, model.style_meant(wanted.style), asked, wanted, notes)

    @classmethod
    def _of_images(cls, folder: str, asked: list[str], wanted: FontWanted) -> Hand:
        writing = Writing.of_folder(folder)
        there = writing.chars
        chars = [char for char in asked if char in there]
        if not chars:
            raise FontError(f"{writing.name} has none of the {len(asked)} characters asked for")
        return cls(wanted, chars, [c for c in asked if c not in there], there, writing)

    @classmethod
    def _of_model(
        cls, model: Model, style: str, asked: list[str], wanted: FontWanted, notes: list[str]
    ) -> Hand:
        writing = _writing(model, style, wanted)
        written = writing.chars if writing else frozenset()
        if wanted.alternates > 1 and not (writing and writing.copies):
            _ = model.coded  # says what to do where it does not know how its hands vary
        some = Charset.of("font", asked)
        sources = Sources.of(model.header, some, wanted.source, model.stroke_sets)
        there = set(sources.chars) | written
        return cls(
            wanted,
            chars=[char for char in asked if char in there],
            missing=[char for char in asked if char not in there],
            written=written,
            writing=writing,
            model=model,
            style=style,
            sources=sources,
            notes=notes + sources.notes,
        )

    def about(self, family: str, checked: bool) -> About:
        """Return names and licences.

        Args:
            family: the name wanted.
            checked: refuse it where it is not free.

        Raises:
            FontError: it is not free.
        """
        if self.model is None or self.sources is None:
            return about_images(family, checked)
        about, notes = about_model(self.model, self.style, self.sources, family, checked)
        self.notes += notes
        return about

    def likeness(self, batch_size: int) -> Likeness | None:
        """Compare what was written with what the model draws of the same characters."""
        if self.model is None or self.sources is None or self.writing is None:
            return None
        both = [char for char in self.sources.chars if char in self.written]
        some = [both[place] for place in evenly(len(both), min(COMPARED, len(both)))]
        drawn = [one for part in self._drawn(some, batch_size) for one in part]
        return compare(shape_all(list(self._written(some))), shape_all(drawn))

    def draw(
        self,
        chars: Sequence[str],
        workers: Workers,
        likeness: Likeness | None,
        batch_size: int,
        progress: Progress,
    ) -> Drawings:
        """Return the outlines of characters: written where there are any, else drawn."""
        made = Drawings()
        match = likeness.match if likeness else None
        own = [char for char in chars if char in self.written]
        rest = [char for char in chars if char not in self.written]
        under_way: list[list[Drawn]] = []

        def tasks() -> Iterator[tuple[list[Drawn], Match | None]]:
            for part in _batches(self._written(own), batch_size):
                under_way.append(part)
                yield part, None
            for part in self._drawn(rest, batch_size):
                under_way.append(part)
                yield part, match

        for results in workers.map(quadratics, tasks()):
            part = under_way.pop(0)
            for glyph, (shape, quadratic) in zip(part, results, strict=True):
                if shape.contours:
                    made.shapes[glyph.char] = shape
                    made.quadratics[glyph.char] = quadratic
            progress(len(made.shapes), len(chars))
        made.shapes = {char: made.shapes[char] for char in chars if char in made.shapes}
        self._add_forms(made, workers, match, batch_size)
        if not made.shapes:
            raise FontError("the drawings of all characters are empty; there is no font to make")
        return made

    def _add_forms(self, made: Drawings, workers: Workers, match: Match | None, size: int) -> None:
        """Add further forms: written copies first, then drawn ones."""
        count = self.wanted.alternates - 1
        if not count:
            return
        varied = set(Charset.wanted(self.wanted.varied))
        for char in (one for one in made.shapes if one in varied and one in self.written):
            assert self.writing is not None
            more = shape_all(self.writing.further(char, self._place(char))[:count])
            made.forms[char] = [shape for shape in more if shape.contours]
        if self.model is None or self.sources is None or not self.varies:
            return
        drawable = set(self.sources.chars) & varied
        chars = [char for char in made.shapes if char in drawable]
        codes = random_codes(self.model.coded.z_size, count, self.wanted.seed, chars)
        for sample in range(count):
            z = codes.part(sample, range(len(chars)))
            tasks = ((part, match) for part in self._drawn(chars, size, z))
            shapes = (shape for part in workers.map(shape_all, tasks) for shape in part)
            for char, shape in zip(chars, shapes, strict=True):
                forms = made.forms.setdefault(char, [])
                if shape.contours and len(forms) < count:
                    forms.append(shape)

    @property
    def varies(self) -> bool:
        """Whether the model knows how its hands vary."""
        try:
            return self.model is not None and self.model.coded is not None
        except ConfigError:
            return False

    def _drawn(
        self, chars: Sequence[str], batch_size: int, z: Tensor | None = None
    ) -> Iterable[list[Drawn]]:
        if self.model is None or self.sources is None:
            return ()
        return drawn_glyphs(
            self.model, self.sources, self.style, chars, batch_size, self.wanted.seed, z
        )

    def _written(self, chars: Sequence[str]) -> Iterator[Drawn]:
        assert self.writing is not None or not chars
        for char in chars:
            yield self.writing.drawn(char, self._place(char))  # type: ignore[union-attr]

    def _place(self, char: str) -> Place:
        assert self.writing is not None
        return place_of(self.writing.canvas, self.sources, char)


def _refuse(wanted: FontWanted, images: str) -> None:
    """Raise where something is asked for that only a model has."""
    given = {
        "--style": wanted.style,
        "--source": wanted.source,
        "--written": wanted.written,
        "--no-keep-written": None if wanted.keep_written else True,
    }
    for option, value in given.items():
        if value is not None:
            raise ConfigError(f"{option} is for a model, and {images} is one hand; leave it out")


def _writing(model: Model, style: str, wanted: FontWanted) -> Writing | None:
    if not wanted.keep_written:
        if wanted.written is not None:
            raise ConfigError("--written and --no-keep-written contradict each other")
        return None
    if wanted.written is not None:
        return Writing.of_folder(wanted.written, model.canvas)
    return Writing.of_model(model, style)


def _batches(glyphs: Iterator[Drawn], size: int) -> Iterator[list[Drawn]]:
    part: list[Drawn] = []
    for glyph in glyphs:
        part.append(glyph)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
