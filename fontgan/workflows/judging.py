"""Looking at results: scores of a model, and sheets of images, data sets and runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset, Part
from fontgan.data.shard import Shard
from fontgan.data.store import GlyphStore
from fontgan.errors import CheckpointError, ConfigError, DataError
from fontgan.glyphs.scans import ImageFolder
from fontgan.glyphs.sheet import Sheet, grid
from fontgan.metrics.reading import Reader
from fontgan.metrics.score import Compared, Scores, drawings, tally
from fontgan.training.device import pick_device
from fontgan.training.model import Model
from fontgan.training.run import BEST, LATEST
from fontgan.training.samples import comparison_sheet
from fontgan.workflows.comparing import find_glyphs, holds_glyphs, read_glyphs, read_grey
from fontgan.workflows.curves import training_curves
from fontgan.workflows.preparing import find_checkpoint
from fontgan.workflows.rendering import data_preview
from fontgan.workflows.report import write_report

COLUMNS = 16
MOST_GLYPHS = 1024
TEACHER = (
    "the model was trained through the shipped glyph network (perceptual), which flatters content, "
    "hand, glyph-LPIPS and glyph-FID; --reader FILE judges it by another"
)


def evaluate(
    run: str | Path | None = None,
    data: str | Path | None = None,
    *,
    part: Part | None = None,
    styles: Sequence[str] = (),
    sheet: str | Path | None = None,
    report: str | Path | None = None,
    device: str = "auto",
    shard: Shard | None = None,
    reader: str | Path | None = None,
) -> Scores:
    """Score a model, or a folder of drawn glyphs, against the truths of a data set.

    Args:
        run: run folder or checkpoint; default the newest run below the current folder. Or a folder
            of glyph images, or of such folders, one a style.
        data: the data set; default the one the run was trained on. A folder of images needs it.
        part: ``held-out`` (characters never seen in training) or ``train``; default ``held-out``
            for a run, all for a folder of images.
        styles: only these; default all that the model knows. Of one folder of images, its style.
        sheet: also write a source | generated | truth sheet of a run to this file.
        report: also write a page with scores, best and worst glyphs to this file.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        shard: score only this share of the glyphs, without measures of all glyphs at once;
            `fontgan.metrics.merging.merge` puts shares together.
        reader: other weights of the glyph network, as tools/train_reader.py writes them: for a
            model that was trained through the shipped ones.

    Raises:
        FontganError: no model, no data, or nothing to compare.
    """
    if shard and (sheet or report):
        raise ConfigError("a shard makes no sheet and no report; call once more without --shard")
    path = Path(run) if run is not None else None
    if path and path.is_dir() and not _is_run(path):
        found = _of_folder(path, data, part, styles, sheet, device, shard)
    else:
        found = _of_model(run, data, part or "held-out", styles, sheet, device, shard)
    kept: list[Compared] = []
    batches = _keep(found.batches, kept) if report else found.batches
    judge = Reader.of(found.store, found.device, reader)
    scores = tally(batches, order=found.order, reader=judge)
    if not all(math.isfinite(value) for value in scores.mean.values()):
        raise CheckpointError(f"{found.what}: what it draws is not finite; try another checkpoint")
    notes = [f"{scores.glyphs} {found.what}", *found.notes]
    if scores.blank:
        notes.append(f"{scores.blank} of {scores.glyphs} drawn glyphs have no ink")
    notes += judge.notes([glyph.char for glyph in scores.each])
    if found.taught and not reader:
        notes.append(TEACHER)
    scores = replace(scores, notes=tuple(notes), whole={} if shard else scores.whole)
    if report:
        write_report(report, scores, kept, training_curves(found.run) if found.run else "")
    return scores


@dataclass(frozen=True)
class _Found:
    """What is to be scored: glyphs with truths, where these are from, and what to say of them."""

    batches: Iterable[Compared]
    order: tuple[str, ...]
    what: str
    store: GlyphStore
    device: torch.device
    notes: list[str] = field(default_factory=list)
    run: Path | None = None  # the folder of the run that drew
    taught: bool = False  # whether it was trained through the shipped glyph network


def _of_model(
    run: str | Path | None,
    data: str | Path | None,
    part: Part,
    styles: Sequence[str],
    sheet: str | Path | None,
    device: str,
    shard: Shard | None,
) -> _Found:
    model, pairs = _open(run, data, part, styles, device)
    translate = _translate(model)
    if sheet:
        comparison_sheet(pairs.spread(6), translate, model.device, styles=32).save(sheet)
    if shard:
        pairs = pairs.share(shard)
    what = f"{part} glyphs of {pairs.store.path}, {pairs.store.size} px"
    batches = drawings(translate, pairs, model.device)
    notes = [pairs.store.leak] * bool(pairs.store.leak)
    home = find_checkpoint(run).parent
    taught = getattr(model.method, "perceptual", 0) > 0
    return _Found(batches, pairs.style_names, what, pairs.store, model.device, notes, home, taught)


def _of_folder(
    folder: Path,
    data: str | Path | None,
    part: Part | None,
    styles: Sequence[str],
    sheet: str | Path | None,
    device: str,
    shard: Shard | None,
) -> _Found:
    if not holds_glyphs(folder):
        raise DataError(f"{folder} holds neither a training run nor glyph images")
    if data is None:
        raise ConfigError(f"{folder} holds images: name the data set of truths with --against")
    if sheet:
        raise ConfigError("--sheet is for a run; a folder of images is shown by --report")
    store = GlyphStore.open(data)
    glyphs, notes = find_glyphs(folder, store, styles, part)
    if shard:
        glyphs = shard.of(glyphs)
    what = f"glyphs in {folder} against {store.path}, {store.size} px"
    where = pick_device(device)
    batches = read_glyphs(glyphs, store, where)
    notes += [store.leak] * bool(store.leak)
    return _Found(batches, store.style_names, what, store, where, notes)


def _is_run(folder: Path) -> bool:
    return (folder / LATEST).exists() or (folder / BEST).exists()


def _keep(batches: Iterable[Compared], kept: list[Compared]) -> Iterator[Compared]:
    for batch in batches:
        kept.append(batch)
        yield batch


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
    if path.is_file() or _is_run(path):
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
    part = part or ("held-out" if store.holds_out else "train")
    try:
        return model, PairDataset.of(store, part, wanted, model.task.styles)
    except DataError as error:
        hint = "; --part train takes those seen in training" if part == "held-out" else ""
        raise DataError(f"{error} in {store.path}{hint}") from None


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
        rows += grid([read_grey(file) for file in files], COLUMNS)
    return Sheet(rows, groups=groups)
