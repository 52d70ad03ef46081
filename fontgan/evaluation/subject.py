"""What is to be scored: the glyphs of a run, or of a folder of images, with their truths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fontgan.data.batch import GlyphBatch, to_pixels, to_tensor
from fontgan.data.pairs import PairDataset, Part
from fontgan.data.stroke_table import strokes_of_store
from fontgan.devices.device import pick_device
from fontgan.errors import CheckpointError, ConfigError, DataError
from fontgan.evaluation.glyph_images import find_glyphs, holds_glyphs, read_glyphs
from fontgan.evaluation.request import ScoreRequest
from fontgan.inference.mending import mend as mend_glyphs
from fontgan.inference.model import Model
from fontgan.methods.base import VectorMethod
from fontgan.metrics.sheets import comparison_sheet
from fontgan.metrics.tally import Compared, drawings
from fontgan.runs.folder import Run
from fontgan.store.store import GlyphStore


@dataclass(frozen=True)
class Found:
    """What is to be scored: glyphs with truths, where these are from, and what to say of them."""

    batches: Iterable[Compared]
    count: int
    order: tuple[str, ...]
    what: str
    store: GlyphStore
    device: torch.device
    notes: list[str] = field(default_factory=list)
    run: Path | None = None  # the folder of the run that drew
    taught: bool = False  # whether it was trained through the shipped glyph network


def of_model(run: Run, asked: ScoreRequest) -> Found:
    """Draw glyphs of a data set by a run's model.

    Raises:
        FontganError: no model, no data, or nothing to draw.
    """
    part = asked.part or "held-out"
    model, pairs = open_run(run, asked.data, part, asked.styles, asked.device)
    translate = mending(translating(model)) if asked.mend else translating(model)
    if asked.sheet:
        picture = comparison_sheet(pairs.spread(6), translate, model.device, styles=32)
        picture.save(asked.sheet)
    if asked.shard:
        pairs = pairs.share(asked.shard)
    what = f"{part} glyphs of {pairs.store.path}, {pairs.store.size} px"
    batches = drawings(translate, pairs, model.device)
    notes = [pairs.store.leak] * bool(pairs.store.leak)
    notes += ["pieces and holes were mended towards the print's, by pen pressure"] * asked.mend
    taught = model.method.taught_by_reader
    return Found(
        batches,
        len(pairs),
        pairs.style_names,
        what,
        pairs.store,
        model.device,
        notes,
        run=run.folder,
        taught=taught,
    )


def of_folder(folder: Path, asked: ScoreRequest) -> Found:
    """Find drawn glyphs in a folder.

    Raises:
        FontganError: no images, no data, or no glyph with a truth.
    """
    if asked.mend:
        raise ConfigError(f"{folder} is drawn already: mend while drawing, with infer --mend")
    if not holds_glyphs(folder):
        raise DataError(f"{folder} holds neither a training run nor glyph images")
    if asked.data is None:
        raise ConfigError(f"{folder} holds images: name the data set of truths with --against")
    if asked.sheet:
        raise ConfigError("--sheet is for a run; a folder of images is shown by --report")
    store = GlyphStore.open(asked.data)
    glyphs, notes = find_glyphs(folder, store, asked.styles, asked.part)
    if asked.shard:
        glyphs = asked.shard.of(glyphs)
    what = f"glyphs in {folder} against {store.path}, {store.size} px"
    where = pick_device(asked.device)
    batches = read_glyphs(glyphs, store, where)
    notes += [store.leak] * bool(store.leak)
    return Found(batches, len(glyphs), store.style_names, what, store, where, notes)


def open_run(
    run: Run,
    data: str | Path | None,
    part: Part | None,
    styles: Sequence[str],
    device: str,
) -> tuple[Model, PairDataset]:
    """Load a model and the pairs to draw; no part is the held-out one, if there is any."""
    model = Model.load(run.checkpoint, pick_device(device))
    store = GlyphStore.open(data or model.header.data.path)
    if store.size != model.task.size and not isinstance(model.method, VectorMethod):
        raise CheckpointError(
            f"the model draws {model.task.size} px and {store.path} has {store.size} px; build "
            f"one with --size {model.task.size}"
        )
    wanted = model.styles_meant(list(styles) or ["all"])
    part = part or ("held-out" if store.holds_out else "train")
    try:
        strokes = strokes_of_store(model.method.stroke_input, store)
        return model, PairDataset.of(store, part, wanted, model.task.styles, strokes)
    except DataError as error:
        hint = "; --part train takes those seen in training" if part == "held-out" else ""
        raise DataError(f"{error} in {store.path}{hint}") from None


def draw_pairs(model: Model, pairs: PairDataset, places: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Draw the sources of some pairs, each in its style: (B, S, S) grey, ink 0."""
    batch = pairs.batch(places)
    styles = [pairs.style_names[index] for index in batch.target_style.tolist()]
    sources = pairs.pixels(places)[0]
    size = sources.shape[-1]  # a pen draws any, and smoothly beyond the one that it learned
    return model.draw(
        sources, styles, batch.letters, size=None if size == model.task.size else size
    )


def translating(model: Model) -> Callable[[GlyphBatch], Tensor]:
    """Return what draws a batch, each time with the same noise."""

    @torch.no_grad()
    def translate(batch: GlyphBatch) -> Tensor:
        noise = torch.Generator(model.device).manual_seed(0)
        return model.method.translate(model.drawing, batch, noise)

    return translate


def mending(translate: Callable[[GlyphBatch], Tensor]) -> Callable[[GlyphBatch], Tensor]:
    """Return what draws a batch and then mends it, as `infer` does with ``mend``."""

    def mended(batch: GlyphBatch) -> Tensor:
        drawn = translate(batch)
        pixels, prints = (to_pixels(image)[:, 0].cpu().numpy() for image in (drawn, batch.source))
        return to_tensor(torch.from_numpy(mend_glyphs(pixels, prints).images[:, None])).to(drawn)

    return mended
