"""Runs beside each other: scores on the same held-out glyphs, settings, curves and pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Unpack

from fontgan.data.pairs import PairDataset
from fontgan.devices.device import pick_device
from fontgan.errors import ConfigError
from fontgan.evaluation.common import common_data, common_styles, differing, names_of
from fontgan.evaluation.comparison import Comparison, best_of, common_notes, scored
from fontgan.evaluation.subject import draw_pairs
from fontgan.files import check_folder
from fontgan.glyphs.sheet import Cell, Sheet
from fontgan.inference.model import Model
from fontgan.metrics.judges import JudgeOptions
from fontgan.runs.folder import Run
from fontgan.store.store import GlyphStore
from fontgan.workflows.evaluating import evaluate

SHOWN_STYLES, SHOWN_CHARS = 12, 4


def compare(
    runs: Sequence[str | Path],
    data: str | Path | None = None,
    *,
    styles: Sequence[str] = (),
    sheet: str | Path | None = None,
    page: str | Path | None = None,
    device: str = "auto",
    tell: Callable[[str], None] = lambda text: None,  # noqa: ARG005
    **judges: Unpack[JudgeOptions],
) -> Comparison:
    """Score runs on the same held-out glyphs: those of the styles that all of them know.

    Args:
        runs: two or more run folders or checkpoints; of a folder the best checkpoint.
        data: the data set; default the one that all were trained on.
        styles: only these.
        sheet: also write source | each run | truth of some glyphs to this file (PNG).
        page: also write a page with table, settings, curves and pictures to this file (HTML).
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        tell: hears which run is scored.
        **judges: as for `evaluate`.

    Raises:
        FontganError: runs of other data sets or image sizes, nothing held out, no common style.
    """
    for file in (sheet, page):
        if file:
            check_folder(Path(file).parent)
    compared = [Run.find(run) for run in runs]
    if len(set(compared)) < 2:
        raise ConfigError("give two or more different runs to compare")
    headers = [run.header for run in compared]
    names = names_of(runs, compared)
    store = common_data(names, headers, data)
    common = common_styles(names, headers, store, styles)
    results = []
    for name, run in zip(names, compared, strict=True):
        tell(name)
        scores = evaluate(
            run.checkpoint, store.path, part="held-out", styles=common, device=device, **judges
        )
        results.append(scored(name, run, scores))
    # the first note says how many glyphs there are, and so does the comparison
    notes = common_notes(names, [said[1:] for _, said in results])
    found = Comparison(
        runs=tuple(run for run, _ in results),
        best=best_of([run.scores for run, _ in results]),
        settings=differing(headers),
        glyphs=len(_held_out(store, common)),
        styles=tuple(common),
        data=str(store.path),
        size=store.size,
        notes=notes,
    )
    if sheet or page:
        from fontgan.reports.comparison_page import write_comparison

        picture = side_by_side(found, device)
        if sheet:
            picture.save(sheet)
        if page:
            write_comparison(page, found, picture)
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
            row += _fill([*draw_pairs(model, pairs, place)])
    for row, place in zip(rows, places, strict=True):
        row += _fill(list(pairs.pixels(place)[1]))
    labels = [pairs.style_names[style] for style in styles]
    heads = ["source", *(run.name for run in found.runs), "truth"]
    blocks = [(SHOWN_CHARS * number, head) for number, head in enumerate(heads)]
    return Sheet(rows, labels, column_groups=blocks)


def _fill(cells: Sequence[Cell]) -> list[Cell]:
    """Give a block its width; a style may have fewer glyphs."""
    return [*cells, *[None] * (SHOWN_CHARS - len(cells))]


def _held_out(store: GlyphStore, styles: Sequence[str]) -> PairDataset:
    return PairDataset.of(store, "held-out", styles)
