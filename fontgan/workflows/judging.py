"""Looking at results: scores of a model, and sheets of images, data sets and runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset, Part
from fontgan.data.store import GlyphStore
from fontgan.errors import CheckpointError, DataError
from fontgan.glyphs.scans import ImageFolder
from fontgan.glyphs.sheet import Sheet, grid
from fontgan.metrics.score import Scores, score
from fontgan.training.device import pick_device
from fontgan.training.model import Model
from fontgan.training.run import BEST, LATEST
from fontgan.training.samples import comparison_sheet
from fontgan.workflows.preparing import find_checkpoint
from fontgan.workflows.rendering import data_preview

COLUMNS = 16
MOST_GLYPHS = 1024


def evaluate(
    run: str | Path | None = None,
    data: str | Path | None = None,
    *,
    part: Part = "held-out",
    styles: Sequence[str] = (),
    sheet: str | Path | None = None,
    device: str = "auto",
) -> Scores:
    """Score a model on all pairs of a data set's part; L1 and SSIM on grey in [0, 1], uncropped.

    Args:
        run: run folder or checkpoint; default the newest run below the current folder.
        data: the data set; default the one the run was trained on.
        part: ``held-out`` (characters never seen in training) or ``train``.
        styles: only these; default all that the model knows.
        sheet: also write a source | generated | truth sheet to this file.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.

    Raises:
        FontganError: no model, no data, or no such pairs.
    """
    model, pairs = _open(run, data, part, styles, device)
    translate = _translate(model)
    if sheet:
        comparison_sheet(pairs.spread(6), translate, model.device, styles=32).save(sheet)
    return score(translate, pairs, model.device)


def make_sheet(what: str | Path, out: str | Path | None = None, device: str = "auto") -> Path:
    """Make an overview picture of images, a data set or a run.

    Args:
        what: a folder of glyph images (or of such folders, one a style), a data set, a run or a
            checkpoint.
        out: the picture; default ``sheet.png`` in the folder.
        device: where a run's model draws.

    Returns:
        The picture's path.

    Raises:
        FontganError: nothing to show there.
    """
    path = Path(what)
    home = path if path.is_dir() else path.parent
    picture = Path(out) if out else home / "sheet.png"
    if path.is_file() or (path / LATEST).exists() or (path / BEST).exists():
        model, pairs = _open(path, None, None, (), device)
        sheet = comparison_sheet(pairs.spread(6), _translate(model), model.device, styles=32)
        return sheet.save(picture)
    if (path / "plan.json").exists():
        return data_preview(path, picture)
    return _images_sheet(path).save(picture)


def _open(
    run: str | Path | None,
    data: str | Path | None,
    part: Part | None,
    styles: Sequence[str],
    device: str,
) -> tuple[Model, PairDataset]:
    """Load a model and the pairs to draw; no part is the held-out one, if there is any."""
    model = Model.load(find_checkpoint(run), pick_device(device))
    store = GlyphStore.open(data or model.header["data"]["path"])
    if store.size != model.task.size:
        raise CheckpointError(
            f"the model draws {model.task.size} px and {store.path} has {store.size} px"
        )
    wanted = [model.task.styles[index] for index in model.style_indices(list(styles) or ["all"])]
    part = part or ("held-out" if store.held_out_chars else "train")
    return model, PairDataset.of(store, part, wanted, model.task.styles)


def _translate(model: Model) -> Callable[[GlyphBatch], Tensor]:
    @torch.no_grad()
    def translate(batch: GlyphBatch) -> Tensor:
        noise = torch.Generator(model.device).manual_seed(0)
        return model.method.translate(model.networks, batch, noise)

    return translate


def _images_sheet(folder: Path) -> Sheet:
    """Show the images of a folder, or those of each folder in it under its name."""
    homes = [home for home in sorted(folder.glob("*/")) if any(home.glob("*.png"))]
    rows: list[list[np.ndarray | None]] = []
    groups: list[tuple[int, str]] = []
    for home in homes or [folder]:
        groups.append((len(rows), home.name))
        files = list(ImageFolder(home).files.values())[: MOST_GLYPHS // max(1, len(homes))]
        rows += grid([_grey(file) for file in files], COLUMNS)
    return Sheet(rows, groups=groups)


def _grey(file: Path) -> np.ndarray:
    try:
        return np.asarray(Image.open(file).convert("L"))
    except (UnidentifiedImageError, OSError):
        raise DataError(f"{file} is not a readable image; remove it or make it again") from None
