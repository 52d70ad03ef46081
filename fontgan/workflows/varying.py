"""Learning how the hands of a run vary, and end strokes: by what their glyphs have in addition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset, Part
from fontgan.data.stroke_table import strokes_of_store
from fontgan.devices.device import pick_device
from fontgan.errors import DataError
from fontgan.inference.model import Model
from fontgan.methods.base import PenStrokes
from fontgan.metrics.diversity import Diversity, diversity
from fontgan.runs.checkpoint import Checkpoint
from fontgan.runs.folder import BEST, LATEST, Run
from fontgan.runs.header import Header
from fontgan.store.store import GlyphStore
from fontgan.training.job import alone
from fontgan.varying.ends import squareness
from fontgan.varying.residuals import residual
from fontgan.varying.variation import Variation, principal

GLYPHS, ENOUGH = 32, 16  # of a hand; with fewer held-out ones, others are looked at
SHOWN, SAMPLES = 64, 4  # glyphs of all hands, and their drawings, to see how far these differ
GROUP = "variation"  # of a checkpoint's tensors


@dataclass(frozen=True)
class HandVariation:
    """Whether one hand's variation was learned.

    Attributes:
        style: its name.
        glyphs: how many of its own were looked at; 0 where it stays what it was.
        square: how square its strokes end, from 0, round, to 1.
    """

    style: str
    glyphs: int
    square: float


@dataclass(frozen=True)
class RunVariation:
    """How the hands of a run vary.

    Attributes:
        checkpoints: the files it was written into.
        hands: of all styles.
        diversity: how far drawings of a glyph differ, over some glyphs of all hands looked at.
    """

    checkpoints: list[Path]
    hands: list[HandVariation]
    diversity: Diversity


def vary(
    run: str | Path | None = None,
    *,
    data: str | Path | None = None,
    ends: bool = False,
    device: str = "auto",
    progress: Callable[[int, int], None] = lambda done, total: None,  # noqa: ARG005
) -> RunVariation:
    """Learn how the hands of a run vary and end strokes, and write it into its checkpoints.

    For some glyphs of each hand, held-out ones where there are enough, the drawn strokes are moved
    until they draw the hand's own glyph; how these movements differ from glyph to glyph is a hand's
    variation (`fontgan.varying`). How square its strokes end is found in them too. A hand of which
    the data set has nothing stays what it was, and so do the hands of the model that a run added
    its own to.

    Args:
        run: as for `infer`, of a method that moves a pen.
        data: its data set, if that has moved.
        ends: find how square strokes end alone; how the hands vary stays what it was.
        device: as for `infer`.
        progress: told how many hands of how many are done.

    Raises:
        FontganError: no such run or data set, or a method that draws images; or the ends alone are
            asked for, and how the hands vary is not known.
    """
    found = Run.find(run)
    with alone(found.folder):
        model = Model.load(found.checkpoint, pick_device(device))
        if ends:
            _ = model.varied
        return _vary(found, model, data or found.header.data.path, ends, progress)


def _vary(
    run: Run,
    model: Model,
    data: str | Path,
    ends: bool,
    progress: Callable[[int, int], None],
) -> RunVariation:
    parts = _parts(model, data)
    known, kept = _before(model, run.header)
    directions = known.directions.clone()
    square = known.square.clone() if known.square is not None else torch.zeros(len(directions))
    hands = []
    for style, name in enumerate(model.task.styles):
        batch = None if name in kept else _written_by(parts, style)
        if batch:
            batch = batch.to(model.device)
            strokes = _ended_round(model, batch)
            square[style] = squareness(strokes, batch.target)
            if not ends:
                found = principal(residual(strokes, batch.target), directions.shape[1])
                directions[style] = found.cpu()
        hands.append(HandVariation(name, len(batch) if batch else 0, square[style].item()))
        progress(len(hands), len(model.task.styles))
    variation = Variation(directions, square if square.any() else None)
    model = replace(model, variation=variation.to(model.device))  # it draws with what is new
    some = parts[0].spread(max(1, SHOWN // len(parts[0].styles)))
    batch = some.batch(np.arange(len(some))).to(model.device)
    seen = diversity(model.varied, model.drawing, batch, SAMPLES)
    return RunVariation(_write(run, variation), hands, seen)


def _parts(model: Model, data: str | Path) -> list[PairDataset]:
    """Return a few pairs of each hand: of held-out characters, and of others.

    Raises:
        DataError: the data set is not there, of another canvas, or has none of the hands.
    """
    store, names = GlyphStore.open(data), model.task.styles
    if store.canvas != model.canvas:
        raise DataError(f"{store.path} has another canvas than the model; give the run's own data")
    strokes = strokes_of_store(model.vector.stroke_input, store)
    held_out = any(store.held_out(face).any() for face in store.styles if face.name in names)
    parts: tuple[Part, ...] = ("held-out", "train") if held_out else ("train",)
    return [PairDataset.of(store, part, names, names, strokes).spread(GLYPHS) for part in parts]


def _before(model: Model, header: Header) -> tuple[Variation, tuple[str, ...]]:
    """Return what is known of all hands, and the hands of which it stays.

    A run that added hands to a model keeps what was known of the model's.
    """
    own = (model.variation or Variation.of([None] * len(model.task.styles))).to(torch.device("cpu"))
    parent = header.adaptation.checkpoint
    if not header.adaptation.add or not parent or not Path(parent).is_file():
        return own, ()
    older = Checkpoint.read(Path(parent), (f"{GROUP}/",))
    styles = older.header.task.styles
    known = Variation.read(older.under(GROUP), len(styles))
    return (own, ()) if known is None else (known.grown(len(model.task.styles)), styles)


def _written_by(parts: list[PairDataset], style: int) -> GlyphBatch | None:
    """Return glyphs of a hand: held-out ones where there are enough; None where there is none."""
    some = [(pairs, pairs.of_style(style)) for pairs in parts]
    pairs, chosen = next((one for one in some if len(one[1]) >= ENOUGH), some[-1])
    return pairs.batch(chosen) if len(chosen) else None


@torch.no_grad()
def _ended_round(model: Model, batch: GlyphBatch) -> PenStrokes:
    return model.vector.strokes(model.networks, batch)  # and not `with_ends`


def _write(run: Run, variation: Variation) -> list[Path]:
    """Write the variation into a run's checkpoints of the same hands, or into a file alone."""
    beside = [run.folder / name for name in (BEST, LATEST)]
    paths = [path for path in beside if path.exists()] if run.checkpoint in beside else []
    checkpoints = {path: Checkpoint.read(path) for path in paths or [run.checkpoint]}
    said = {f"{GROUP}/{name}": tensor for name, tensor in variation.tensors.items()}
    for path, one in checkpoints.items():  # only now, when all could be read
        others = {k: tensor for k, tensor in one.tensors.items() if not k.startswith(f"{GROUP}/")}
        replace(one, tensors=others | said).write(path)
    return list(checkpoints)
