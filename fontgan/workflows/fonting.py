"""A font of a hand: drawn by a model, written by somebody, or both; what `font` does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from fontgan.errors import ConfigError, FontError
from fontgan.faces import catalogue
from fontgan.fontmaking import appending
from fontgan.fontmaking.building import Drawings, compose
from fontgan.fontmaking.checking import Check, check_font
from fontgan.fontmaking.files import check_outputs, save, write_font
from fontgan.fontmaking.matching import Likeness, compare
from fontgan.fontmaking.naming import About, check_family, reserved_names
from fontgan.fontmaking.shaping import Drawn, Match, quadratics, shape_all
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.evenly import evenly
from fontgan.glyphs.painting import GLYPHS_PER_PROCESS, Workers
from fontgan.glyphs.scans import PREFIX
from fontgan.inference.font_glyphs import Writing, drawn_glyphs, place_of
from fontgan.inference.latents import random_codes
from fontgan.inference.loading import open_model
from fontgan.inference.model import Model
from fontgan.inference.origins import Origins
from fontgan.inference.sources import Sources
from fontgan.methods.base import VectorMethod

WORTH_A_PROCESS = 100  # outlines take as long as a process does to start
COMPARED = 60  # characters, written and drawn, to match sizes and weights
CHARS = "gb2312+ascii+cjk-punct"
VARIED = "common-500+alnum62"
MOST_FORMS = 5
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FontWanted:
    """What a font is to be.

    Attributes:
        style: name or number of the hand.
        chars: a charset or its specification.
        family: the font's name; default that of the first file.
        source: the source font; default the one of the training.
        written: folder of written originals; default those the hand was trained with.
        keep_written: use them.
        alternates: forms of a character, 1 to 5: further written copies, then what a model draws
            that knows how its hands vary.
        varied: the characters that get them.
        random: also the feature ``rand``.
        append_to: a TTF that gets what it lacks.
        seed: of the noise of methods that draw any.
    """

    style: str | None = None
    chars: str | Charset = CHARS
    family: str | None = None
    source: str | Path | None = None
    written: str | Path | None = None
    keep_written: bool = True
    alternates: int = 1
    varied: str | Charset = VARIED
    random: bool = False
    append_to: str | Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.alternates <= MOST_FORMS:
            raise ConfigError(f"--alternates {self.alternates}: give 1 to {MOST_FORMS}")
        if self.append_to is not None and self.alternates > 1:
            raise ConfigError("--alternates changes a font's features; leave it out or --append-to")


@dataclass(frozen=True)
class FontMade:
    """A font that was made.

    Attributes:
        files: in the order asked for.
        chars: the characters it draws; of ``append_to`` those added.
        written: those that somebody wrote.
        missing: characters asked for that no source has.
        likeness: how written and drawn ones compared before they were matched; or None.
        checks: of each file, by name.
        seconds: of drawing, building, and checking.
        notes: what the user should know.
    """

    files: list[Path]
    chars: list[str]
    written: list[str]
    missing: list[str]
    likeness: Likeness | None
    checks: dict[str, list[Check]]
    seconds: dict[str, float]
    notes: list[str] = field(default_factory=list)


def font(
    run: str | Path | None,
    out: Sequence[str | Path],
    wanted: FontWanted | None = None,
    *,
    device: str = "auto",
    batch_size: int = 64,
    jobs: int = 1,
    force: bool = False,
    progress: Progress = lambda done, total: None,  # noqa: ARG005
) -> FontMade:
    """Make a font of a hand, and check it.

    Args:
        run: run folder, checkpoint or ``.onnx`` file; or ``images:FOLDER``; default the newest run.
        out: files, each by its ending: ``.ttf``, ``.otf``, ``.woff2``, ``.ufo``.
        wanted: what it is to be.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        batch_size: glyphs drawn at once.
        jobs: processes that make outlines. With more than 1 a script must guard its main part with
            ``if __name__ == "__main__":``.
        force: replace files that are there.
        progress: told how many glyphs of how many are drawn.

    Raises:
        FontganError: nothing to draw, a name that is not free, files that are there.
    """
    wanted, paths = wanted or FontWanted(), [Path(one) for one in out]
    base = None
    if wanted.append_to is not None:
        check_outputs(paths, force, (".ttf", ".woff2"))
        base = appending.open_base(Path(wanted.append_to))
    else:
        check_outputs(paths, force)
    begun = time.monotonic()
    hand = _Hand.of(run, wanted, device)
    about = hand.about(wanted.family or paths[0].stem, checked=base is None or bool(wanted.family))
    chars = hand.chars if base is None else appending.lacking(base, hand.chars)
    if not chars:
        raise FontError(f"{wanted.append_to} has all of the {len(hand.chars)} characters already")
    cost = GLYPHS_PER_PROCESS // WORTH_A_PROCESS
    with Workers(jobs, cost * len(chars)) as workers:
        likeness = hand.likeness(batch_size)
        drawings = hand.draw(chars, workers, likeness, batch_size, progress)
    drawn = time.monotonic()
    face = compose(drawings, about, wanted.random)
    if base is None:
        save(face, paths)
    else:
        with appending.telling(Path(str(wanted.append_to))):
            appending.append(base, face)
            if wanted.family:
                appending.rename(base, about)
            for path in paths:
                write_font(base, path)
    built = time.monotonic()
    checks = {str(path): check_font(path) for path in paths}
    return FontMade(
        files=paths,
        chars=list(drawings.shapes),
        written=[char for char in drawings.shapes if char in hand.written],
        missing=hand.missing + [char for char in chars if char not in drawings.shapes],
        likeness=likeness,
        checks=checks,
        seconds={
            "draw": drawn - begun,
            "build": built - drawn,
            "check": time.monotonic() - built,
        },
        notes=hand.notes,
    )


@dataclass
class _Hand:
    """Where the glyphs of a font come from: a model, what somebody wrote, or both."""

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
    def of(cls, run: str | Path | None, wanted: FontWanted, device: str) -> _Hand:
        asked = list(Charset.wanted(wanted.chars))
        if run is not None and str(run).startswith(PREFIX):
            _refuse(wanted, str(run))
            writing = Writing.of_folder(str(run).removeprefix(PREFIX))
            chars = [char for char in asked if char in writing.chars]
            if not chars:
                raise FontError(f"{writing.name} has none of the {len(asked)} characters asked for")
            lost = [char for char in asked if char not in writing.chars]
            return cls(wanted, chars, lost, writing.chars, writing)
        _, model, notes = open_model(run, device=device)
        if wanted.style is None and len(model.task.styles) > 1:
            some = ", ".join(model.task.styles[:12])
            raise ConfigError(f"a font is of one hand: give --style (this model has {some})")
        (style, *more) = model.styles_meant([wanted.style or "0"])
        if more:
            raise ConfigError("a font is of one hand: give one --style")
        found = _writing(model, style, wanted)
        written = found.chars if found else frozenset()
        if wanted.alternates > 1 and not (found and found.copies):
            _ = model.coded  # says what to do where it does not know how its hands vary
        sources = Sources.of(
            model.header, Charset.of("font", asked), wanted.source, model.stroke_sets
        )
        drawable = set(sources.chars) | written
        chars = [char for char in asked if char in drawable]
        lost = [char for char in asked if char not in drawable]
        return cls(
            wanted, chars, lost, written, found, model, style, sources, notes + sources.notes
        )

    def about(self, family: str, checked: bool) -> About:
        """Return names and licences; refuse a family name that is not free."""
        entries = catalogue.entries() if checked else ()
        if self.model is None or self.sources is None:
            if checked:
                check_family(family, (), (entry.family for entry in entries))
            text = "The copyright of the handwriting is its writer's."
            return About(family, text, text, "", f"Handwriting traced by fontgan: {family}")
        header, face = self.model.header, self.sources.face
        record = header.styles[self.model.task.styles.index(self.style)]
        notices = [record.copyright, face.copyright]
        reserved = {name for e in entries if e.family in (record.family, face.family)
                    for name in e.reserved_names}  # fmt: skip
        taken = {entry.family for entry in entries} | {record.family, face.family}
        if checked:
            check_family(family, reserved | reserved_names(notices), filter(None, taken))
        licences = [f"The hand: {record.name}, {record.licence or 'licence unknown'}."]
        url = record.licence_url
        if isinstance(self.model.method, VectorMethod):
            origins = Origins.of(self.model.method, face, self.sources.chars)
            told = origins.manifest["strokes"]
            licences += [f"Outlines: {note}." for note in origins.notes]
            notices += [one["notice"] for one in told]
            url = next((one["licence_url"] for one in told), url)
            self.notes += origins.notes
        else:
            licences.append(f"Drawn after {face.family}, {face.licence or 'licence unknown'}.")
        licences += ["Embedding is not restricted."]
        drew = f"a {header.method} model of fontgan {header.fontgan}, iteration {header.iteration}"
        return About(
            family,
            copyright=_line(notices),
            licence=" ".join(licences),
            licence_url=url,
            description=f"In the hand {record.name}, drawn by {drew}.",
        )

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

    def _place(self, char: str):  # type: ignore[no-untyped-def]
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


def _line(texts: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(" ".join(text.split()) for text in texts if text))
