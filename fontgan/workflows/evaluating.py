"""Looking at results: scores of a model, and sheets of images, data sets and runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from fontgan.data.pairs import Part
from fontgan.devices.device import pick_device
from fontgan.errors import CheckpointError, ConfigError
from fontgan.evaluation.request import ScoreRequest
from fontgan.evaluation.subject import Found, of_folder, of_model
from fontgan.locks import writing
from fontgan.metrics.judges import JudgeOptions, Judges
from fontgan.metrics.reading import Reader
from fontgan.metrics.tally import Compared, Scores, tally
from fontgan.reports.curves import training_curves
from fontgan.reports.scores_page import write_report
from fontgan.runs.folder import Run, is_run
from fontgan.store.shard import Shard

Progress = Callable[[int, int], None]
TEACHER = (
    "the model was trained through the shipped glyph network (perceptual), which flatters content, "
    "hand, glyph-LPIPS and glyph-FID; --reader FILE or --ocr lets another read"
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
    mend: bool = False,
    progress: Progress = lambda done, total: None,  # noqa: ARG005
    **judges: Unpack[JudgeOptions],
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
        mend: mend what a run draws, as `infer` does with ``mend``; the sheet shows it too.
        progress: is told how many glyphs are scored, and of how many.
        **judges: ``reader``, ``ocr``, ``lpips_weights`` and ``fid_weights``, see
            `fontgan.metrics.judges.Judges`.

    Raises:
        FontganError: no model, no data, or nothing to compare.
    """
    asked = ScoreRequest(data, part, styles, sheet, report, device, shard, mend)
    called = Judges(**judges)
    if shard and called.fid_weights:
        raise ConfigError("FID is of all glyphs at once: evaluate without --shard to have it")
    there = called.find(pick_device(device))
    with writing(sheet, report):
        found = _found(run, asked)
        kept: list[Compared] = []
        batches = _counted(found, progress, kept if report else None)
        glyph_network = Reader.of(found.store, found.device, called.reader)
        scores = tally(batches, order=found.order, reader=glyph_network, judges=there)
        if not all(math.isfinite(value) for value in scores.mean.values()):
            raise CheckpointError(
                f"{found.what}: what it draws is not finite; try another checkpoint"
            )
        notes = [f"{scores.glyphs} {found.what}", *found.notes]
        notes += scores.inks
        chars = [glyph.char for glyph in scores.each]
        notes += glyph_network.notes(chars)
        notes += [note for judge in there for note in judge.notes(chars)]
        if found.taught and not called.reader:
            notes.append(TEACHER)
        scores = replace(scores, notes=tuple(notes), whole={} if shard else scores.whole)
        if report:
            write_report(report, scores, kept, training_curves(found.run) if found.run else [])
    return scores


def _found(run: str | Path | None, asked: ScoreRequest) -> Found:
    path = Path(run) if run is not None else None
    if path and path.is_dir() and not is_run(path):
        return of_folder(path, asked)
    return of_model(Run.find(run), asked)


def _counted(found: Found, progress: Progress, kept: list[Compared] | None) -> Iterator[Compared]:
    """Yield the batches; tell how many glyphs are done, and keep them where that is wanted."""
    done = 0
    progress(done, found.count)
    for batch in found.batches:
        if kept is not None:
            kept.append(batch)
        yield batch
        done += len(batch.char)
        progress(done, found.count)
