"""Drawing with a trained model: one glyph a character, or several, each with a code of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

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
from fontgan.inference.parts import ImagePart, TextPart, Wanted, image_parts
from fontgan.inference.sources import Sources
from fontgan.inference.vectors import Vectors
from fontgan.store.shard import Shard

Images = NDArray[np.uint8]
AnyPart = TypeVar("AnyPart", ImagePart, TextPart)
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
            None when they went to a folder, or are vectors.
        texts: of each style the text of each character, in the format asked for, with codes those
            of one sample after another; None when they went to a folder, or are images.
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
    texts: list[list[str]] | None = None
    folder: Path | None = None
    files: Sequence[Path] = ()
    sheet: Path | None = None
    codes_file: Path | None = None
    mending: Mending | None = None
    notes: list[str] = field(default_factory=list)


def infer(
    run: str | Path | None = None,
    styles: Sequence[str] | None = None,
    chars: str | Charset | None = None,
    out: str | Path | None = None,
    *,
    source: str | Path | None = None,
    seed: int = 0,
    device: str = "auto",
    batch_size: int = 64,
    progress: Progress = lambda done, total: None,  # noqa: ARG005
    samples: int | None = None,
    vary: float | bool | None = None,
    encode: Sequence[str | Path] = (),
    code_from: str | Path | None = None,
    runtime: Runtime | None = None,
    shard: Shard | None = None,
    mend: bool = False,
    size: int | None = None,
    format: str = "png",
    jobs: int = 1,
) -> Drawing:
    """Draw characters in the learned styles.

    A method with codes, such as bicyclegan, draws every character with each code that is asked for
    by one of samples, encode and code_from: sample k is everything drawn with code k. Without
    any it draws one glyph, with its most likely code.

    Args:
        run: run folder, checkpoint or ``.onnx`` file; default the newest run below the current
            folder.
        styles: names or numbers of styles, or ``all``; default those that the run added to a model
            (`adapt`), of other runs all.
        chars: a charset or its specification (``text:...``, a name, a file); default some
            characters that the model has not seen in training.
        out: folder for one file a glyph, ``manifest.json`` and ``sheet.png``, and
            ``codes.safetensors`` where characters share codes; without it images or texts are
            returned. Glyphs there that its manifest names and that are not drawn again are removed.
        source: the source face; default the one the model was trained with.
        seed: of random codes, and of the noise of methods that draw any.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        batch_size: glyphs drawn at once.
        progress: told how many glyphs of how many are drawn.
        samples: so many random codes.
        vary: random codes for every character, instead of the same for all: uneven, as a hand is;
            so many times as far from the likeliest as a hand's are (0 is not at all, True is 1).
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
        format: ``png``; or of models that move a pen one of ``fontgan.outlines.formats.FORMATS``:
            ``svg``, ``strokes-svg``, ``animated-svg``, ``json``, ``inkml``, ``hpgl``.
        jobs: processes that write such a format. With more than 1 a script must guard its main
            part with ``if __name__ == "__main__":``.

    Raises:
        FontganError: no model, style or character to draw; codes for a method without, or that
            are not of this model; a format for a method without strokes; a folder that holds
            something else.
    """
    if out is not None:
        check_folder(out)
    asked = CodesWanted(samples, vary, tuple(encode), code_from, seed)
    checkpoint, model, notes = open_model(run, runtime, device, styles or ())
    names = model.styles_meant(styles)
    if not names:
        raise ConfigError("name a style to draw, or all")
    if size is not None:
        _ = model.vector
    sources = Sources.of(model.header, chars, source, model.stroke_sets)
    vectors = None if format == "png" else Vectors.of(model, sources, format)
    codes = asked.find(model, sources.chars, names, source)
    if vectors:
        _refuse({"--size": size, "--mend": mend or None}, format)
    places = shard.places(len(sources.chars)) if shard else range(len(sources.chars))
    drawing = Drawing(
        checkpoint=checkpoint,
        styles=names,
        chars=[sources.chars[place] for place in places],
        missing=sources.missing,
        codes=codes,
        mending=Mending() if mend else None,
        notes=notes + sources.notes + (vectors.origins.notes if vectors else []),
    )
    wanted = Wanted(names, places, batch_size, codes, seed)
    if vectors:
        texts = _counted(vectors.parts(wanted, jobs), wanted.glyphs, progress)
        if out is None:
            return replace(drawing, texts=_gather_texts(texts, drawing))
        drawing = replace(drawing, folder=Path(out))
        return _write(texts, drawing, model, sources, seed, shard, vectors)
    shown = sources if size is None else sources.at(size)
    images = image_parts(model, sources, shown, wanted)
    if drawing.mending is not None:
        images = _mended(images, drawing)
    counted = _counted(images, wanted.glyphs, progress)
    if out is None:
        return replace(drawing, images=_gather(counted, drawing, shown.canvas.size))
    return _write(counted, replace(drawing, folder=Path(out)), model, shown, seed, shard)


def _refuse(options: dict[str, Any], form: str) -> None:
    """Raise where something is asked for that only images have."""
    for option, value in options.items():
        if value is not None:
            raise ConfigError(f"{option} is for images, not for {form}; leave it out, or draw png")


def _mended(parts: Iterable[ImagePart], drawing: Drawing) -> Iterator[ImagePart]:
    """Mend what is drawn, and take note of it."""
    assert drawing.mending is not None
    for part in parts:
        mended = mend_glyphs(part.images, part.prints)
        drawing.mending.add(mended, drawing.styles[part.style], drawing.chars[part.own])
        yield replace(part, images=mended.images)


def _counted(parts: Iterable[AnyPart], total: int, progress: Progress) -> Iterator[AnyPart]:
    done = 0
    for part in parts:
        yield part
        done += len(part.places)
        progress(done, total)


def _gather(parts: Iterable[ImagePart], drawing: Drawing, size: int) -> Images:
    samples = len(drawing.codes) if drawing.codes else 1
    shape = len(drawing.styles), samples, len(drawing.chars), size, size
    images = np.empty(shape, np.uint8)
    for part in parts:
        images[part.style, part.sample, part.own] = part.images
    return images if drawing.codes else images[:, 0]


def _gather_texts(parts: Iterable[TextPart], drawing: Drawing) -> list[list[str]]:
    samples, count = len(drawing.codes) if drawing.codes else 1, len(drawing.chars)
    texts = [[""] * (samples * count) for _ in drawing.styles]
    for part in parts:
        first = part.sample * count + part.start
        texts[part.style][first : first + len(part.places)] = part.texts
    return texts


def _write(
    parts: Iterable[ImagePart | TextPart],
    drawing: Drawing,
    model: Model,
    shown: Sources,
    seed: int,
    shard: Shard | None,
    vectors: Vectors | None = None,
) -> Drawing:
    assert drawing.folder is not None
    suffix = vectors.suffix if vectors else ".png"
    home = GlyphFolder(drawing.folder, drawing.styles, shown.chars, drawing.codes, suffix)
    about = {
        "checkpoint": str(drawing.checkpoint),
        **describe(model, shown, drawing.codes, seed),
        **(vectors.about if vectors else {}),
        **({"mended": True} if drawing.mending else {}),
    }
    with home.alone(shard):
        drawing = _write_glyphs(home, parts, drawing, model, about, shard)
        if shard and not home.finish_share(about, shard):
            return drawing
        read = partial(_redrawn, vectors, drawing) if vectors else None
        sheet, cut = overview(home, shown, read)
        sheet.save(home.folder / "sheet.png")
        home.finish(about)
    return replace(drawing, sheet=home.folder / "sheet.png", notes=drawing.notes + cut)


def _redrawn(
    vectors: Vectors, drawing: Drawing, style: int, sample: int, places: Sequence[int]
) -> Sequence[Images]:
    """Return the images of vectors, for the overview."""
    z = drawing.codes.part(sample, places) if drawing.codes else None
    return list(vectors.images(drawing.styles[style], places, z))


def _write_glyphs(
    home: GlyphFolder,
    parts: Iterable[ImagePart | TextPart],
    drawing: Drawing,
    model: Model,
    about: dict[str, Any],
    shard: Shard | None,
) -> Drawing:
    codes, folder = drawing.codes, home.folder
    removed = home.begin(about, shard)
    shared = codes is not None and not codes.varied
    if codes and shared:
        write_codes(codes, model, folder / CODES_FILE)
    for part in parts:
        home.write(part.style, part.sample, part.places, part.contents)
    gone = [f"{removed} glyphs of an earlier drawing removed from {folder}"] * bool(removed)
    return replace(
        drawing,
        files=home.files_of(shard.places(len(home.chars))) if shard else home.files,
        codes_file=folder / CODES_FILE if shared else None,
        notes=drawing.notes + gone,
    )
