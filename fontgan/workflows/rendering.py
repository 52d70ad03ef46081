"""From fonts to images and data sets: what `render`, `build` and `data show` do; no torch."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fontgan.errors import ConfigError, DataError, FontError
from fontgan.faces.face import FontFace
from fontgan.files import check_folder, part_name, sweep
from fontgan.glyphs import painting as drawing
from fontgan.glyphs.canvas import Canvas, Fit
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.lacking import in_words, lacks
from fontgan.glyphs.names import glyph_filename
from fontgan.glyphs.png import encode
from fontgan.glyphs.sheet import Cell, Sheet
from fontgan.locks import held
from fontgan.store.shard import Shard

Progress = Callable[[int, int], None]
_SHEET_PIXELS = 64_000_000  # of all cells together; more makes no sheet one would look at
_SHEET_WIDTH = 2_400


@dataclass(frozen=True)
class RenderedFace:
    """What was drawn of one font.

    Attributes:
        id: its short name.
        spec: what opens it again.
        drawn: the characters drawn, in order.
        missing: what it lacks: missing, blank or tofu -> characters.
        folder: where the images are, None if only a sheet was asked for.

    """

    id: str
    spec: str
    drawn: tuple[str, ...]
    missing: dict[str, str]
    folder: Path | None = None

    @property
    def files(self) -> list[Path]:
        """Return the image files, one a character."""
        return [self.folder / glyph_filename(char) for char in self.drawn] if self.folder else []


@dataclass(frozen=True)
class RenderReport:
    """What `render` made."""

    faces: tuple[RenderedFace, ...]
    canvas: Canvas
    sheet: Path | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def files(self) -> list[Path]:
        """Return every image file, face by face."""
        return [file for face in self.faces for file in face.files]


def render(
    fonts: Sequence[str | Path],
    chars: str | Charset,
    out: str | Path | None = None,
    *,
    size: int = 128,
    fit: Fit = "em",
    margin: float = 0.05,
    sheet: str | Path | None = None,
    jobs: int = 1,
    strict: bool = False,
    progress: Progress | None = None,
    shard: Shard | None = None,
) -> RenderReport:
    """Draw characters of fonts: one PNG a glyph into ``out``, or a sheet of them, or both.

    Args:
        fonts: catalogue ids, font files or folders of subset pieces.
        chars: a charset, or the specification of one: ``gb2312-1``, ``text:你好``, a file.
        out: the folder; with several fonts each gets one of its own in it.
        size: the side of the images in pixels, 32 to 512.
        fit: ``em`` keeps place and relative size, ``ink`` centres and fills.
        margin: the share of the side left free on each side.
        sheet: the file of an overview picture (PNG).
        jobs: processes. With more than 1 a script must guard its main part with
            ``if __name__ == "__main__":``, because processes are spawned.
        strict: refuse when a font lacks any character.
        progress: called with the glyphs drawn so far and the glyphs in all.
        shard: draw only this share of the characters; several may draw into one folder at once.

    Raises:
        FontError: a font that cannot be opened, or draws nothing (strict: lacks something).
        CharsetError: an unknown charset.
        ConfigError: a sheet of a share.
        DataError: another process is drawing into ``out``, and this is no share.

    """
    charset = Charset.wanted(chars)
    if shard:
        if sheet is not None:
            raise ConfigError("a share makes no sheet: make it with another call, without --shard")
        charset = Charset(charset.name, tuple(shard.of(charset.chars)))
    canvas = Canvas(size, fit, margin)
    if out is not None:
        check_folder(out)
    opened = [FontFace.open(font) for font in fonts]
    with drawing.Workers(jobs, len(charset) * len(opened)) as workers:
        faces = _survey(opened, charset, out, workers)
        _check_drawn(faces, strict, shard)
        if out is not None:
            with nullcontext() if shard else _alone(Path(out)):
                _write_images(faces, canvas, workers, progress)
    notes = list(filter(None, (in_words(face.id, face.missing) for face in faces)))
    path, cut = _render_sheet(faces, charset, canvas, sheet)
    return RenderReport(tuple(faces), canvas, path, notes + cut)


def _survey(
    opened: Sequence[FontFace], charset: Charset, out: str | Path | None, workers: drawing.Workers
) -> list[RenderedFace]:
    ids = [face.id for face in opened]
    if len(set(ids)) < len(ids):
        twice = next(id_ for id_ in ids if ids.count(id_) > 1)
        raise FontError(f"two fonts are called {twice}; render them one after another")
    faces = []
    tasks = [(face.spec, charset.chars) for face in opened]
    for face, statuses in zip(opened, workers.map(drawing.survey, tasks), strict=True):
        pairs = zip(charset, statuses, strict=True)
        drawn = tuple(char for char, status in pairs if status == "drawn")
        folder = None if out is None else Path(out) / face.id if len(opened) > 1 else Path(out)
        missing = lacks(charset.chars, statuses)
        faces.append(RenderedFace(face.id, face.spec, drawn, missing, folder))
    return faces


def _check_drawn(faces: Sequence[RenderedFace], strict: bool, shard: Shard | None) -> None:
    lines = list(filter(None, (in_words(face.id, face.missing) for face in faces)))
    if strict and lines:
        raise FontError(f"not every character is drawn: {'; '.join(lines)}")
    if shard is None and not any(face.drawn for face in faces):
        names = ", ".join(face.id for face in faces)
        raise FontError(f"none of the characters is drawn by {names}; choose other --chars")


def _alone(folder: Path) -> AbstractContextManager[None]:
    """Hold a folder against other processes, whose images would mix with these."""
    busy = DataError(
        f"another process is drawing into {folder}; wait for it, or choose another folder"
    )
    return held(folder / ".rendering.lock", busy, leave=False)


def _write_images(
    faces: Sequence[RenderedFace],
    canvas: Canvas,
    workers: drawing.Workers,
    progress: Progress | None,
) -> None:
    total, done = sum(len(face.drawn) for face in faces), 0
    for count in workers.map(_write_part, _parts(faces, canvas)):
        done += count
        if progress:
            progress(done, total)


def _parts(
    faces: Sequence[RenderedFace], canvas: Canvas
) -> Iterator[tuple[str, tuple[str, ...], Canvas, Path]]:
    step = drawing.chunk_length(canvas.size)
    for face in faces:
        if face.folder and face.drawn:
            face.folder.mkdir(parents=True, exist_ok=True)
            sweep(face.folder)
            for start in range(0, len(face.drawn), step):
                yield face.spec, face.drawn[start : start + step], canvas, face.folder


def _write_part(spec: str, chars: Sequence[str], canvas: Canvas, folder: Path) -> int:
    """Draw some characters into files, each written beside and renamed."""
    style, image = drawing.opened(spec), np.empty((canvas.size, canvas.size), np.uint8)
    part = f"{folder}/{part_name('glyphs', '.png')}"
    try:
        for char in chars:
            drawing.draw_into(image, style, canvas, char)
            with open(part, "wb") as file:
                file.write(encode(image))
            os.replace(part, f"{folder}/{glyph_filename(char)}")
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return len(chars)


def _render_sheet(
    faces: Sequence[RenderedFace], charset: Charset, canvas: Canvas, path: str | Path | None
) -> tuple[Path | None, list[str]]:
    """Write the overview picture; return its path and a note if it holds only a part."""
    if path is None:
        return None, []
    columns = max(1, min(_SHEET_WIDTH // (canvas.size + 4), 32))
    most = max(columns, _SHEET_PIXELS // canvas.size**2 // len(faces))
    shown = frozenset().union(*(face.drawn for face in faces))
    drawn = [char for char in charset if char in shown]
    chars = drawn[:most]
    rows: list[list[Cell]] = []
    labels: list[str] = []
    groups: list[tuple[int, str]] = []
    for face in faces:
        images = [image for _, image, _ in drawing.draw_many(face.spec, chars, canvas)]
        lines = [images[i : i + columns] for i in range(0, len(images), columns)]
        if len(chars) > columns and len(faces) > 1:
            groups.append((len(rows), face.id))
        rows += lines
        labels += [face.id if len(lines) == 1 else ""] * len(lines)
    tops = list(chars) if len(chars) <= columns else []
    title = faces[0].id if len(faces) == 1 else ""
    Sheet(rows, labels, tops, groups, title=title).save(path)
    note = f"the sheet shows the first {most} of {len(drawn)} characters"
    return Path(path), [note] if most < len(drawn) else []
