"""The same glyphs by every method, one row each, on one sheet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from fontgan.data.pairs import PairDataset
from fontgan.evaluation.subject import draw_pairs
from fontgan.files import atomic_write
from fontgan.glyphs.evenly import evenly
from fontgan.glyphs.sheet import Cell, Sheet
from fontgan.inference.model import Model
from fontgan.runs.folder import LATEST
from fontgan.store.store import GlyphStore

SHOWN, SIDE = 18, 64  # glyphs in a row, and pixels of a side
TITLES = {
    "hands": "held-out characters of six hands",
    "two-hands": "held-out characters of two hands, learned without pairs",
    "letters": "letters of 26 hands, drawn with random codes",
    "inferred": "held-out letters of 26 hands, by codes that were found in print",
}
Images = NDArray[np.uint8]


def common_sheet(runs: Mapping[Path, tuple[str, Path]], device: torch.device) -> Sheet:
    """Draw glyphs by every run.

    Args:
        runs: folders of runs, each with what it learned from (see `TITLES`) and its data set.
        device: where to draw.
    """
    rows: list[list[Cell]] = []
    labels: list[str] = []
    groups = []
    for field, title in TITLES.items():
        some = {run: data for run, (kind, data) in runs.items() if kind == field}
        if not some:
            continue
        groups.append((len(rows), title))
        largest = max(some.values(), key=lambda data: GlyphStore.open(data).size)
        pairs, places = _shown(GlyphStore.open(largest))
        source, truth = pairs.pixels(places)
        rows += [_cells(source), _cells(truth)]
        labels += ["source", "truth"]
        for run, data in some.items():
            rows.append(_drawn(run, GlyphStore.open(data), field == "letters", device))
            labels.append(run.name)
    return Sheet(rows, labels, groups=groups)


def _shown(store: GlyphStore) -> tuple[PairDataset, NDArray[np.int64]]:
    pairs = PairDataset.of(store, "held-out")
    return pairs, evenly(len(pairs), SHOWN)


def _drawn(run: Path, store: GlyphStore, random: bool, device: torch.device) -> list[Cell]:
    """Return the shown glyphs, drawn once and kept in the run's folder; none of unknown styles."""
    file = run / "shown.npy"
    if file.exists():
        kept: Images = np.load(file, allow_pickle=False)
        return [image if image.max() else None for image in kept]  # what is not drawn is black
    cells = _draw(run, store, random, device)
    blank = np.zeros_like(next(cell for cell in cells if cell is not None))
    with atomic_write(file) as part:
        np.save(part, np.stack([blank if cell is None else cell for cell in cells]))
    return cells


def _draw(run: Path, store: GlyphStore, random: bool, device: torch.device) -> list[Cell]:
    model = Model.load(run / LATEST, device)
    pairs, places = _shown(store)
    styles = [pairs.style_names[index] for index in pairs.columns(places).style]
    known = np.array([style in model.task.styles for style in styles])
    if random:
        z = torch.randn(len(places), model.coded.z_size, generator=torch.Generator().manual_seed(0))
        chars = [chr(code) for code in pairs.chars(places)]
        drawn = model.draw(pairs.pixels(places)[0], styles, chars, z=z)
        return _cells(drawn)
    cells = iter(_cells(draw_pairs(model, pairs, places[known])))
    return [next(cells) if one else None for one in known]


def _cells(images: Images) -> list[Cell]:
    """Enlarge small images without making anything up."""
    times = max(1, SIDE // images.shape[-1])
    return [image.repeat(times, axis=0).repeat(times, axis=1) for image in images]
