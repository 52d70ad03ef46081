"""Drawing with a trained model: glyphs, and blends of styles."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from fontgan.errors import ConfigError, FontError
from fontgan.files import atomic_write
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.face import FontFace
from fontgan.glyphs.names import glyph_filename
from fontgan.glyphs.sheet import Sheet
from fontgan.training.device import pick_device
from fontgan.training.model import Model
from fontgan.workflows.preparing import find_checkpoint

Images = NDArray[np.uint8]
DEFAULT_GLYPHS = 24
SHEET_COLUMNS, SHEET_CHARS = 16, 256


@dataclass(frozen=True)
class Drawing:
    """What `infer` drew.

    Attributes:
        checkpoint: the model's file.
        styles: names, in the order asked for.
        chars: the characters drawn.
        missing: characters asked for that the source face does not draw.
        images: (styles, chars, S, S) grey, ink 0; None when they went to a folder.
        folder: where they went, or None.
        files: one path a glyph, styles one after another.
        sheet: the overview picture, or None.
        notes: what the user should know.
    """

    checkpoint: Path
    styles: list[str]
    chars: list[str]
    missing: list[str]
    images: Images | None = None
    folder: Path | None = None
    files: list[Path] = field(default_factory=list)
    sheet: Path | None = None
    notes: list[str] = field(default_factory=list)


def infer(
    run: str | Path | None = None,
    styles: Sequence[str] = ("all",),
    chars: str | Charset | None = None,
    out: str | Path | None = None,
    *,
    source: str | Path | None = None,
    seed: int = 0,
    device: str = "auto",
    batch_size: int = 64,
    progress: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> Drawing:
    """Draw characters in the learned styles.

    Args:
        run: run folder or checkpoint; default the newest run below the current folder.
        styles: names or numbers of styles, or ``all``.
        chars: a charset or its specification (``text:...``, a name, a file); default some
            characters that the model has not seen in training.
        out: folder for one PNG a glyph, ``manifest.json`` and ``sheet.png``; without it the images
            are returned.
        source: the source face; default the one the model was trained with.
        seed: of the noise, for methods that draw any.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        batch_size: glyphs drawn at once.
        progress: told how many glyphs of how many are drawn.

    Raises:
        FontganError: no model, style or character to draw.
    """
    checkpoint = find_checkpoint(run)
    model = Model.load(checkpoint, pick_device(device))
    indices = model.style_indices(list(styles))
    if not indices:
        raise ConfigError("name a style to draw, or all")
    face, notes = _source_face(model.header, source)
    drawable, missing = _drawable(face, _charset(chars, model.header))
    names = [model.task.styles[index] for index in indices]
    drawn = _draw(model, face, drawable, indices, seed, batch_size)
    shape = (len(indices), len(drawable))
    common: dict[str, Any] = {
        "checkpoint": checkpoint,
        "styles": names,
        "chars": drawable,
        "missing": missing,
        "notes": notes,
    }
    if out is None:
        images = np.concatenate([part for part, _ in _counted(drawn, shape, progress)])
        return Drawing(**common, images=images.reshape(*shape, *images.shape[1:]))
    folder = Path(out)
    files = _write_glyphs(_counted(drawn, shape, progress), folder, names, drawable)
    sheet = _sheet_of_files(model, face, names, drawable, files)
    sheet.save(folder / "sheet.png")
    drawing = Drawing(**common, folder=folder, files=files, sheet=folder / "sheet.png")
    with atomic_write(folder / "manifest.json") as beside:
        beside.write_text(
            json.dumps(_manifest(drawing, model, face, seed), ensure_ascii=False, indent=1),
            encoding="utf-8",
        )
    return drawing


def interpolate(
    run: str | Path | None,
    styles: Sequence[str],
    out: str | Path,
    *,
    steps: int = 10,
    chars: str | Charset | None = None,
    gif: bool = False,
    source: str | Path | None = None,
    device: str = "auto",
    say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
) -> list[Path]:
    """Draw the way from style to style and back to the first; write ``sheet.png`` and ``loop.gif``.

    Args:
        run: as for `infer`.
        styles: two or more styles.
        out: folder for the pictures.
        steps: drawings from one style to the next.
        chars: what to draw; default eight characters.
        gif: also write the animated loop.
        source: as for `infer`.
        device: as for `infer`.
        say: hears what the user should know.

    Returns:
        The files written.

    Raises:
        ConfigError: fewer than two styles, or a method whose styles cannot be mixed.
    """
    model = Model.load(find_checkpoint(run), pick_device(device))
    indices = model.style_indices(list(styles))
    if len(indices) < 2 or steps < 1:
        raise ConfigError("interpolation needs two styles or more and one step or more")
    if model.method.style_table is None:
        raise ConfigError("this model's method has no style table, so its styles cannot be mixed")
    face, notes = _source_face(model.header, source)
    drawable, missing = _drawable(face, _charset(chars, model.header))
    for note in notes + [f"not in the source font: {''.join(missing)}"] * bool(missing):
        say(note)
    drawable = drawable[:8] if chars is None else drawable
    weights = blend_weights(indices, len(model.task.styles), steps)
    sources = _draw_sources(model, face, drawable)
    frames = [
        np.concatenate(list(model.draw_batches(sources, row.expand(len(drawable), -1), drawable)))
        for row in weights
    ]
    names = [model.task.styles[index] for index in indices]
    return _write_blend(frames, names, steps, Path(out), gif)


def blend_weights(indices: Sequence[int], styles: int, steps: int) -> torch.Tensor:
    """Return (steps * len(indices) + 1, N) weights: a closed way over the given styles.

    >>> blend_weights([0, 1], 2, 2).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    """
    corners = torch.eye(styles)[[*indices, indices[0]]]
    shares = torch.arange(steps)[:, None] / steps
    legs = [(1 - shares) * start + shares * end for start, end in pairwise(corners)]
    return torch.cat([*legs, corners[-1:]])


def _charset(chars: str | Charset | None, header: dict[str, Any]) -> Charset:
    if isinstance(chars, Charset):
        return chars
    if chars is not None:
        return Charset.parse(chars)
    # Nothing asked for: show what the model can do with characters it has not seen.
    default = header["held_out_chars"] or header["trained_chars"]
    step = max(1, len(default) // DEFAULT_GLYPHS)
    return Charset("default", tuple(default[::step][:DEFAULT_GLYPHS]))


def _source_face(header: dict[str, Any], source: str | Path | None) -> tuple[FontFace, list[str]]:
    trained = header["source"]
    if source is not None:
        return FontFace.open(source), []
    try:
        face = FontFace.open(trained["spec"])
    except FontError as error:
        raise FontError(f"{error}; give the source font with --source") from None
    if face.sha256 != trained["sha256"]:
        return face, [f"the source font {trained['spec']} has changed since training"]
    return face, []


def _drawable(face: FontFace, charset: Charset) -> tuple[list[str], list[str]]:
    drawable = [char for char in charset if face.has(char)]
    if not drawable:
        raise FontError(f"{face.family} draws none of the {len(charset)} characters asked for")
    return drawable, [char for char in charset if not face.has(char)]


def _draw_sources(model: Model, face: FontFace, chars: Sequence[str]) -> Images:
    canvas = Canvas.from_dict(model.header["canvas"])
    return np.stack([canvas.draw(face, char) for char in chars])


def _draw(
    model: Model,
    face: FontFace,
    chars: list[str],
    styles: list[int],
    seed: int,
    batch_size: int,
) -> Iterator[Images]:
    """Draw styles one after another, a batch of characters at a time, so that memory stays flat."""
    for style in styles:
        for start in range(0, len(chars), batch_size):
            part = chars[start : start + batch_size]
            index = torch.full((len(part),), style)
            yield model.draw(_draw_sources(model, face, part), index, part, seed + start)


def _counted(
    parts: Iterator[Images], shape: tuple[int, int], progress: Callable[[int, int], None]
) -> Iterator[tuple[Images, int]]:
    done = 0
    for part in parts:
        yield part, done
        done += len(part)
        progress(done, math.prod(shape))


def _write_glyphs(
    parts: Iterator[tuple[Images, int]], folder: Path, styles: list[str], chars: list[str]
) -> list[Path]:
    """Write ``<style>/<glyph>.png``, or ``<glyph>.png`` where there is one style."""
    files: list[Path] = []
    for images, first in parts:
        for place, image in enumerate(images, start=first):
            style, char = divmod(place, len(chars))
            home = folder / styles[style] if len(styles) > 1 else folder
            path = home / glyph_filename(chars[char])
            with atomic_write(path) as beside:
                Image.fromarray(image).save(beside, compress_level=1)
            files.append(path)
    return files


def _sheet_of_files(
    model: Model, face: FontFace, styles: list[str], chars: list[str], files: list[Path]
) -> Sheet:
    """Show the source and every style below it, in blocks of a few characters."""
    shown = chars[:SHEET_CHARS]
    sources = _draw_sources(model, face, shown)
    rows: list[list[Images | None]] = []
    labels: list[str] = []
    for start in range(0, len(shown), SHEET_COLUMNS):
        part = range(start, min(start + SHEET_COLUMNS, len(shown)))
        rows.append([sources[place] for place in part])
        labels.append("source")
        for index, style in enumerate(styles):
            rows.append([_read(files[index * len(chars) + place]) for place in part])
            labels.append(style)
    return Sheet(rows, labels)


def _write_blend(
    frames: list[Images], names: list[str], steps: int, folder: Path, gif: bool
) -> list[Path]:
    labels = ["" for _ in frames]
    for leg, name in enumerate([*names, names[0]]):
        labels[leg * steps] = name
    sheet = folder / "sheet.png"
    Sheet([list(frame) for frame in frames], labels).save(sheet)
    if not gif:
        return [sheet]
    loop = folder / "loop.gif"
    pictures = [Image.fromarray(np.concatenate(list(frame), axis=1)) for frame in frames[:-1]]
    with atomic_write(loop) as beside:
        pictures[0].save(beside, save_all=True, append_images=pictures[1:], duration=100, loop=0)
    return [sheet, loop]


def _manifest(drawing: Drawing, model: Model, face: FontFace, seed: int) -> dict[str, Any]:
    folder = drawing.folder or Path()
    count = len(drawing.chars)
    return {
        "checkpoint": str(drawing.checkpoint),
        "method": model.header["method"],
        "iteration": model.header["iteration"],
        "source": {"family": face.family, "spec": face.spec, "licence": face.licence},
        "canvas": model.header["canvas"],
        "seed": seed,
        "trained_styles": model.header["styles"],
        "missing": drawing.missing,
        "glyphs": [
            {
                "style": drawing.styles[place // count],
                "char": drawing.chars[place % count],
                "code_point": f"U+{ord(drawing.chars[place % count]):04X}",
                "file": file.relative_to(folder).as_posix(),
            }
            for place, file in enumerate(drawing.files)
        ],
    }


def _read(path: Path) -> Images:
    return np.asarray(Image.open(path))
