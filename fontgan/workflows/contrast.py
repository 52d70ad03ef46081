"""Runs beside each other: scores on the same held-out glyphs, settings, curves and pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import torch

from fontgan.config import Table
from fontgan.data.pairs import PairDataset
from fontgan.data.store import GlyphStore
from fontgan.errors import ConfigError
from fontgan.glyphs.sheet import Cell, Sheet
from fontgan.metrics.measures import MEASURES
from fontgan.metrics.score import Scores
from fontgan.training.checkpoint import Checkpoint
from fontgan.training.device import pick_device
from fontgan.training.model import Model
from fontgan.workflows.contrast_ground import common_data, common_styles, differing, names_of
from fontgan.workflows.judging import evaluate
from fontgan.workflows.preparing import find_checkpoint

SHOWN_STYLES, SHOWN_CHARS = 12, 4


@dataclass(frozen=True)
class RunScores:
    """One run of a comparison.

    Attributes:
        name: what it is called here: its folder's name, or the path where two have one.
        checkpoint: the file that was scored, its best one where a folder was given.
        facts: method, iteration and minutes of training of the checkpoint.
        scores: by measure, over all glyphs.
        by_style: by style, then by measure.
    """

    name: str
    checkpoint: str
    facts: dict[str, str]
    scores: dict[str, float]
    by_style: dict[str, dict[str, float]]

    @property
    def folder(self) -> Path:
        """Return the folder of the run, where its log is."""
        return Path(self.checkpoint).parent


@dataclass(frozen=True)
class Comparison:
    """Runs scored on the same glyphs.

    Attributes:
        runs: in the order given.
        best: by measure the places of the runs with the best value; empty where all are equal.
        settings: those that differ, with the value of each run.
        glyphs: how many were scored.
        styles: of the glyphs.
        data: the data set.
        size: side of the images in pixels.
        notes: what the user should know.
    """

    runs: tuple[RunScores, ...]
    best: dict[str, list[int]]
    settings: dict[str, list[str]]
    glyphs: int
    styles: tuple[str, ...]
    data: str
    size: int
    notes: tuple[str, ...] = field(default=())

    @property
    def measures(self) -> list[str]:
        """Return the measures that every run has, in the order of their table."""
        return [name for name in MEASURES if all(name in run.scores for run in self.runs)]


def compare(
    runs: Sequence[str | Path],
    data: str | Path | None = None,
    *,
    styles: Sequence[str] = (),
    sheet: str | Path | None = None,
    page: str | Path | None = None,
    device: str = "auto",
    reader: str | Path | None = None,
    ocr: bool = False,
    lpips_weights: str | Path | None = None,
    fid_weights: str | Path | None = None,
    tell: Callable[[str], None] = lambda text: None,  # noqa: ARG005
) -> Comparison:
    """Score runs on the same held-out glyphs: those of the styles that all of them know.

    Args:
        runs: two or more run folders or checkpoints; of a folder the best checkpoint.
        data: the data set; default the one that all were trained on.
        styles: only these.
        sheet: also write source | each run | truth of some glyphs to this file (PNG).
        page: also write a page with table, settings, curves and pictures to this file (HTML).
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        reader: other weights of the glyph network, as tools/train_reader.py writes them.
        ocr: also let rapidocr's recogniser read the glyphs.
        lpips_weights: safetensors for standard LPIPS.
        fid_weights: safetensors for standard FID.
        tell: hears which run is scored.

    Raises:
        FontganError: runs of other data sets or image sizes, nothing held out, no common style.
    """
    paths = [find_checkpoint(run) for run in runs]
    if len(set(paths)) < 2:
        raise ConfigError("give two or more different runs to compare")
    headers = [Checkpoint.read(path, ()).header for path in paths]
    names = names_of(runs, paths)
    store = common_data(names, headers, data)
    common = common_styles(names, headers, store, styles)
    score = partial(
        evaluate,
        data=store.path,
        part="held-out",
        styles=common,
        device=device,
        reader=reader,
        ocr=ocr,
        lpips_weights=lpips_weights,
        fid_weights=fid_weights,
    )
    scored = []
    for name, path, header in zip(names, paths, headers, strict=True):
        tell(name)
        scored.append(_scored(name, path, header, score(path)))
    found = Comparison(
        runs=tuple(run for run, _ in scored),
        best=_best([run.scores for run, _ in scored]),
        settings=differing(headers),
        glyphs=len(_held_out(store, common)),
        styles=tuple(common),
        data=str(store.path),
        size=store.size,
        notes=_notes(names, [notes[1:] for _, notes in scored]),  # the first says how many glyphs
    )
    if sheet or page:
        from fontgan.workflows.contrast_page import write_page

        picture = side_by_side(found, device)
        if sheet:
            picture.save(sheet)
        if page:
            write_page(page, found, picture)
    return found


def side_by_side(found: Comparison, device: str = "auto") -> Sheet:
    """Draw some of the glyphs by every run: one row a style; source | each run | truth."""
    store, where = GlyphStore.open(found.data), pick_device(device)
    pairs = _held_out(store, found.styles).spread(SHOWN_CHARS)
    styles = pairs.styles[:SHOWN_STYLES]
    places = [pairs.of_style(style) for style in styles]
    rows: list[list[Cell]] = [_fill(list(pairs.pixels(place)[0])) for place in places]
    for run in found.runs:
        model = Model.load(Path(run.checkpoint), where)
        for row, place in zip(rows, places, strict=True):
            row += _fill(_drawn(model, pairs, place))
    for row, place in zip(rows, places, strict=True):
        row += _fill(list(pairs.pixels(place)[1]))
    labels = [pairs.style_names[style] for style in styles]
    heads = ["source", *(run.name for run in found.runs), "truth"]
    blocks = [(SHOWN_CHARS * number, head) for number, head in enumerate(heads)]
    return Sheet(rows, labels, column_groups=blocks)


def _drawn(model: Model, pairs: PairDataset, place: np.ndarray) -> list[Cell]:
    what = pairs.columns(place)
    style = model.style_indices([pairs.style_names[what.style[0]]])
    chars = [chr(code) for code in what.char.tolist()]
    sources = pairs.pixels(place)[0]
    drawn = model.draw(sources, torch.tensor(style * len(chars)), chars)
    return list(drawn)


def _fill(cells: Sequence[Cell]) -> list[Cell]:
    """Give a block its width; a style may have fewer glyphs."""
    return [*cells, *[None] * (SHOWN_CHARS - len(cells))]


def _scored(
    name: str, path: Path, header: Table, scores: Scores
) -> tuple[RunScores, tuple[str, ...]]:
    facts = {
        "method": str(header["method"]),
        "iteration": f"{header.get('iteration', 0):,}",
        "minutes": f"{header.get('seconds', 0.0) / 60:.1f}",
    }
    values = {**scores.mean, **scores.whole}
    return RunScores(name, str(path), facts, values, scores.by_style), scores.notes


def _notes(names: Sequence[str], notes: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Return what is said of all runs once, and what is said of some with the name of each."""
    said = [
        note if all(note in others for others in notes) else f"{name}: {note}"
        for name, some in zip(names, notes, strict=True)
        for note in some
    ]
    return tuple(dict.fromkeys(said))


def _held_out(store: GlyphStore, styles: Sequence[str]) -> PairDataset:
    return PairDataset.of(store, "held-out", styles)


def _best(scores: Sequence[Mapping[str, float]]) -> dict[str, list[int]]:
    """Return by measure where the best values are, as they are shown: in three digits."""
    best = {}
    for name in MEASURES:
        values = [round(one[name], 3) for one in scores if name in one]
        if len(values) == len(scores) and len(set(values)) > 1:
            top = max(values) if MEASURES[name].higher else min(values)
            best[name] = [place for place, value in enumerate(values) if value == top]
    return best
