"""Drawing with a trained model: one glyph a character, or several, each with a code of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import ConfigError
from fontgan.files import check_folder
from fontgan.glyphs.charset import Charset
from fontgan.inference.glyph_folder import GlyphFolder, describe
from fontgan.inference.latents import Codes
from fontgan.inference.latents_file import CODES_FILE, write_codes
from fontgan.inference.latents_wanted import CodesWanted
from fontgan.inference.loading import Runtime, open_model
from fontgan.inference.mending import Mending
from fontgan.inference.mending import mend as mend_glyphs
from fontgan.inference.model import Model
from fontgan.inference.overview import overview
from fontgan.inference.sources import Sources
from fontgan.store.shard import Shard

Images = NDArray[np.uint8]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Drawing:
    """What `infer` drew.

    Attributes:
        checkpoint: the model's file.
        styles: names, in the order asked for.
        chars: the characters drawn; of a share, its own.
        missing: characters asked for that the source face does not draw.
        codes: those asked for, one a sample; or None.
        images: grey, ink 0: (styles, chars, S, S), or with codes (styles, samples, chars, S, S);
            None when they went to a folder.
        folder: where they went, or None.
        files: one path a glyph: styles one after another, in each its samples.
        sheet: the overview picture, or None; of shares the last one to end makes it.
        codes_file: where codes shared by all characters were written, or None.
        mending: what was mended, where that was asked for.
        notes: what the user should know.
    """

    checkpoint: Path
    styles: list[str]
    chars: list[str]
    missing: list[str]
    codes: Codes | None = None
    images: Images | None = None
    folder: Path | None = None
    files: Sequence[Path] = ()
    sheet: Path | None = None
    codes_file: Path | None = None
    mending: Mending | None = None
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
    progress: Progress = lambda done, total: None,  # noqa: ARG005
    samples: int | None = None,
    vary: bool = False,
    encode: Sequence[str | Path] = (),
    code_from: str | Path | None = None,
    runtime: Runtime | None = None,
    shard: Shard | None = None,
    mend: bool = False,
    size: int | None = None,
) -> Drawing:
    """Draw characters in the learned styles.

    A method with codes, such as bicyclegan, draws every character with each code that is asked for
    by one of samples, encode and code_from: sample k is everything drawn with code k. Without
    any it draws one glyph, with its most likely code.

    Args:
        run: run folder, checkpoint or ``.onnx`` file; default the newest run below the current
            folder.
        styles: names or numbers of styles, or ``all``.
        chars: a charset or its specification (``text:...``, a name, a file); default some
            characters that the model has not seen in training.
        out: folder for one PNG a glyph, ``manifest.json`` and ``sheet.png``, and
            ``codes.safetensors`` where characters share codes; without it the images are returned.
            Glyphs there that its manifest names and that are not drawn again are removed.
        source: the source face; default the one the model was trained with.
        seed: of random codes, and of the noise of methods that draw any.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        batch_size: glyphs drawn at once.
        progress: told how many glyphs of how many are drawn.
        samples: so many random codes.
        vary: random codes for every character, instead of the same for all: uneven, as a hand is.
        encode: the code of each given handwriting: an image file, a folder of images named by
            their characters, ``STYLE`` of the run's data set or ``DATA:STYLE`` of another one;
            of several glyphs (of more than 256 evenly chosen ones) the mean.
        code_from: the codes of an earlier ``codes.safetensors``, or of a folder with one.
        runtime: ``torch``, or ``onnx``: ONNX Runtime and the file that `export_onnx` wrote;
            default ``onnx`` for an ``.onnx`` file.
        shard: draw only this share of the characters. Shares may be drawn at the same time, into
            one folder; whichever ends last writes its manifest and sheet. They are what one call
            draws, but for the noise of methods that draw any.
        mend: where a glyph has other pieces or holes than the print, choose the pen pressure that
            comes nearest to it (`fontgan.inference.mending`), and say what could not be mended.
        size: side of the images in pixels, for models that move a pen (penstroke); default that of
            the training data.

    Raises:
        FontganError: no model, style or character to draw; codes for a method without, or that
            are not of this model; a folder that holds something else.
    """
    if out is not None:
        check_folder(out)
    wanted = CodesWanted(samples, vary, tuple(encode), code_from, seed)
    checkpoint, model, notes = open_model(run, runtime, device)
    names = model.styles_meant(styles)
    if not names:
        raise ConfigError("name a style to draw, or all")
    if size is not None:
        _ = model.vector
    sources = Sources.of(model.header, chars, source)
    shown = sources if size is None else sources.at(size)
    codes = wanted.find(model, sources.chars)
    total = len(sources.chars)
    places = shard.places(total) if shard else range(total)
    drawing = Drawing(
        checkpoint=checkpoint,
        styles=names,
        chars=[sources.chars[place] for place in places],
        missing=sources.missing,
        codes=codes,
        mending=Mending() if mend else None,
        notes=notes + sources.notes,
    )
    parts = _draw(model, sources, shown, places, names, codes, seed, batch_size)
    if drawing.mending is not None:
        parts = _mended(parts, drawing)
    counted = _counted(parts, math.prod(_shape(drawing)), progress)
    if out is None:
        return replace(drawing, images=_gather(counted, drawing, shown.canvas.size))
    return _write(counted, replace(drawing, folder=Path(out)), model, shown, seed, shard)


@dataclass(frozen=True)
class _Part:
    """Drawn glyphs (B, S, S) of one style and sample.

    Attributes:
        style, sample: their places among those drawn.
        start: the place of the first among the characters drawn.
        places: those of the characters in the whole drawing, of which this may be a share.
        images: the glyphs.
        prints: the same characters in the source font, (B, S, S).
    """

    style: int
    sample: int
    start: int
    places: Sequence[int]
    images: Images
    prints: Images


def _draw(
    model: Model,
    sources: Sources,
    shown: Sources,
    places: range,
    styles: Sequence[str],
    codes: Codes | None,
    seed: int,
    batch_size: int,
) -> Iterator[_Part]:
    """Draw a batch of characters in all styles and samples, then the next, so memory stays flat.

    Sources are on the model's canvas; those shown may be on one of another size.
    """
    size = None if shown is sources else shown.canvas.size
    for start in range(0, len(places), batch_size):
        some = places[start : start + batch_size]
        chars = [sources.chars[place] for place in some]
        glyphs = sources.draw(chars)
        prints = glyphs if size is None else shown.draw(chars)
        if codes is None:
            drawn = model.draw_styles(glyphs, styles, chars, seed + start, size)
            for number, images in enumerate(drawn):
                yield _Part(number, 0, start, some, images, prints)
            continue
        for number, style in enumerate(styles):
            for sample in range(len(codes)):
                z = codes.part(sample, some)
                images = model.draw(glyphs, [style] * len(chars), chars, seed + start, z, size)
                yield _Part(number, sample, start, some, images, prints)


def _mended(parts: Iterable[_Part], drawing: Drawing) -> Iterator[_Part]:
    """Mend what is drawn, and take note of it."""
    assert drawing.mending is not None
    for part in parts:
        mended = mend_glyphs(part.images, part.prints)
        chars = drawing.chars[part.start : part.start + len(part.images)]
        drawing.mending.add(mended, drawing.styles[part.style], chars)
        yield replace(part, images=mended.images)


def _counted(parts: Iterable[_Part], total: int, progress: Progress) -> Iterator[_Part]:
    done = 0
    for part in parts:
        yield part
        done += len(part.images)
        progress(done, total)


def _shape(drawing: Drawing) -> tuple[int, int, int]:
    samples = len(drawing.codes) if drawing.codes else 1
    return len(drawing.styles), samples, len(drawing.chars)


def _gather(parts: Iterable[_Part], drawing: Drawing, size: int) -> Images:
    images = np.empty((*_shape(drawing), size, size), np.uint8)
    for part in parts:
        images[part.style, part.sample, part.start : part.start + len(part.images)] = part.images
    return images if drawing.codes else images[:, 0]


def _write(
    parts: Iterable[_Part],
    drawing: Drawing,
    model: Model,
    sources: Sources,
    seed: int,
    shard: Shard | None,
) -> Drawing:
    assert drawing.folder is not None
    home = GlyphFolder(drawing.folder, drawing.styles, sources.chars, drawing.codes)
    about = {
        "checkpoint": str(drawing.checkpoint),
        **describe(model, sources, drawing.codes, seed),
        **({"mended": True} if drawing.mending else {}),
    }
    with home.alone(shard):
        return _write_into(home, parts, drawing, model, sources, about, shard)


def _write_into(
    home: GlyphFolder,
    parts: Iterable[_Part],
    drawing: Drawing,
    model: Model,
    sources: Sources,
    about: dict[str, Any],
    shard: Shard | None,
) -> Drawing:
    """Write glyphs and codes, and when all are there the sheet and the manifest."""
    codes, folder = drawing.codes, home.folder
    removed = home.begin(about, shard)
    shared = codes is not None and not codes.varied
    if codes and shared:
        write_codes(codes, model, folder / CODES_FILE)
    for part in parts:
        home.write(part.style, part.sample, part.places, part.images)
    gone = [f"{removed} glyphs of an earlier drawing removed from {folder}"] * bool(removed)
    drawing = replace(
        drawing,
        files=home.files_of(shard.places(len(home.chars))) if shard else home.files,
        codes_file=folder / CODES_FILE if shared else None,
        notes=drawing.notes + gone,
    )
    if shard and not home.finish_share(about, shard):
        return drawing
    sheet, cut = overview(home, sources)
    sheet.save(folder / "sheet.png")
    home.finish(about)
    return replace(drawing, sheet=folder / "sheet.png", notes=drawing.notes + cut)
