"""A text written by a hand: laid out in lines, on pages, no character twice alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import category

import numpy as np
import torch

from fontgan.errors import ConfigError, FontganError
from fontgan.files import atomic_write, check_free
from fontgan.glyphs.charset import Charset
from fontgan.inference.latents_wanted import MOST_VARIED
from fontgan.inference.loading import open_model
from fontgan.inference.model import Model
from fontgan.inference.origins import Origins
from fontgan.inference.sources import Sources
from fontgan.letters.drawing import Look, pdf, png, svg
from fontgan.letters.paper import Paper
from fontgan.letters.setting import Glyph, blank, pages, widths
from fontgan.letters.wandering import moods
from fontgan.letters.wrapping import wrapped
from fontgan.methods.base import VectorMethod
from fontgan.strokes.paths import Strokes

KINDS = (".svg", ".pdf", ".png")
MOST = 200_000  # characters: a long book
NEVER = ("Cc", "Cf", "Cs")  # what no pen writes: control characters, and marks of direction
_BATCH = 64


@dataclass(frozen=True)
class Letter:
    """What was written.

    Attributes:
        files: one a page, or one PDF.
        style: the hand.
        pages: how many there are.
        lines: how many of text.
        missing: characters that no source has; a gap stands for each.
        notes: what the user should know.
    """

    files: list[Path]
    style: str
    pages: int
    lines: int
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def write(
    text: str,
    run: str | Path | None = None,
    out: str | Path = "page.svg",
    *,
    style: str | None = None,
    paper: Paper | None = None,
    vary: float = 0.7,
    seed: int = 0,
    lines: bool = False,
    dpi: int = 200,
    source: str | Path | None = None,
    device: str = "auto",
    force: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> Letter:
    """Write a text on pages, in a hand that moves a pen.

    Args:
        text: paragraphs, with line ends between them.
        run: as for `infer`, of a method that moves a pen.
        out: the file, by whose ending it is SVG, PDF or PNG. Of several pages SVG and PNG are a
            file each: page.svg, page-2.svg, ...
        style: the hand, by name or number; by default the only one, or the one that `adapt` added.
        paper: the page; default A4, characters of 9 mm.
        vary: how far characters differ from time to time, and the hand wanders: 0 not at all, 1 as
            the hand was seen to, which is much for a letter.
        seed: of that; the same writes the same.
        lines: the ways of the pen, for plotters, and not their outlines; not in PNG.
        dpi: of PNG.
        source: as for `infer`.
        device: as for `infer`.
        force: replace files that are there.
        progress: told how many characters of how many are drawn.

    Raises:
        FontganError: no such model or style, a method that draws images, nothing to write,
            another kind of file, or files that are there.
    """
    out, paper = Path(out), paper or Paper()
    _check(text, out, lines, vary)
    check_free([out], force)
    _, model, notes = open_model(run, None, device, [style] if style else ())
    hand = _hand(model, style)
    text = "".join(char for char in text if char in "\n\t" or category(char) not in NEVER)
    written = dict.fromkeys(char for char in text if not char.isspace())
    sources = Sources.of(model.header, Charset("text", tuple(written)), source, model.stroke_sets)
    pen = _Hand(model, hand, sources)
    known = widths({glyph.char: glyph for glyph in pen.text(sources.chars, 0.0, seed)})
    broken = wrapped(text, lambda char: known.get(char, blank(char)), paper.line)
    chars = [char for line in broken for char in line]
    if vary and model.variation is None:
        notes.append(
            "this model was not taught how its hands vary, and draws a character alike each time; "
            "`fontgan vary RUN` teaches it"
        )
    drawn = pen.text([char for char in chars if char in known], vary, seed, progress)
    glyphs = [next(drawn) if char in known else None for char in chars]
    origins = Origins.of(model.vector, sources.face, sources.chars)
    look = Look(lines, dpi, f"Written by fontgan in {hand}: " + "; ".join(origins.notes))
    made = pages(broken, glyphs, paper, vary, seed)
    files = _write(made, paper, look, out, force)
    notes += sources.notes + origins.notes
    return Letter(files, hand, len(made), len(broken), sources.missing, notes)


class _Hand:
    """A hand of a model, that writes characters of a source."""

    def __init__(self, model: Model, style: str, sources: Sources) -> None:
        self.model, self.style = model, style
        self.prints = dict(zip(sources.chars, sources.draw(sources.chars), strict=True))

    def text(
        self,
        chars: Sequence[str],
        vary: float,
        seed: int,
        progress: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
    ) -> Iterator[Glyph]:
        """Write characters one after another, as their moods are."""
        varies = vary and self.model.variation
        codes = moods(chars, self.model.varied.z_size, vary, (seed,)) if varies else None
        for start in range(0, len(chars), _BATCH):
            some = list(chars[start : start + _BATCH])
            z = None if codes is None else torch.from_numpy(codes[start : start + _BATCH])
            prints = np.stack([self.prints[char] for char in some])
            drawn = self.model.strokes(prints, [self.style] * len(some), some, z)
            progress(start + len(some), len(chars))
            yield from map(Glyph, some, map(self._in_ems, drawn))

    def _in_ems(self, strokes: Strokes) -> Strokes:
        """Return strokes, which are in sides of the canvas, in ems."""
        margin = self.model.canvas.margin
        em = 1 / (1 - 2 * margin)
        return strokes.moved(np.full(2, em), np.full(2, -margin * em))


def _hand(model: Model, style: str | None) -> str:
    """Return the name of the hand meant.

    Raises:
        FontganError: a method without a pen, no such hand, or several that could be meant.
    """
    if not isinstance(model.method, VectorMethod):
        raise ConfigError(
            f"a model of {model.header.method} draws images, and a letter needs the strokes of a "
            "pen: train a model with --method penstroke"
        )
    return model.style_meant(style)


def _check(text: str, out: Path, lines: bool, vary: float) -> None:
    """Refuse what could not be written before a model is loaded."""
    if out.suffix.lower() not in KINDS:
        raise ConfigError(f"-o {out}: name the file with {', '.join(KINDS)} at its end")
    if lines and out.suffix.lower() == ".png":
        raise ConfigError("--strokes are for plotters: name the file with .svg or .pdf at its end")
    if not 0 <= vary <= MOST_VARIED:
        raise ConfigError(f"vary must be from 0 to {MOST_VARIED:g}, not {vary:g}")
    if not text.strip():
        raise FontganError("there is nothing to write: the text is empty")
    if len(text) > MOST:
        raise FontganError(f"a text of {len(text):,} characters; write {MOST:,} at once at most")


def _write(
    made: Sequence[Sequence[Glyph]], paper: Paper, look: Look, out: Path, force: bool
) -> list[Path]:
    """Write the pages, each as a file or all as one PDF."""
    if out.suffix.lower() == ".pdf":
        _save(out, pdf(made, paper, look))
        return [out]
    draw = svg if out.suffix.lower() == ".svg" else png
    files = [out, *(out.with_stem(f"{out.stem}-{n + 1}") for n in range(1, len(made)))]
    check_free(files, force)
    for file, page in zip(files, made, strict=True):
        _save(file, draw(page, paper, look))
    return files


def _save(file: Path, content: bytes) -> None:
    with atomic_write(file) as beside:
        beside.write_bytes(content)
