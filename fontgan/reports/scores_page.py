"""The page of scores: tables, how glyphs are spread, best and worst glyphs in one file of HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from fontgan.metrics.measures import (
    COMMON,
    MEASURES,
    OTHER_COLUMNS,
    PICTURE_COLUMNS,
    READING_COLUMNS,
)
from fontgan.metrics.pixels import grey
from fontgan.metrics.tally import Compared, GlyphScore, Scores
from fontgan.reports.curves import Curves
from fontgan.reports.distributions import distributions
from fontgan.reports.page import picture, write_page

SHOWN = 24  # best and worst glyphs each
WRONG = {"content": "misread", "style": "another hand", "ocr": "misread by OCR"}
RED, BLUE, GREY = (0.86, 0.15, 0.15), (0.15, 0.39, 0.92), (0.25, 0.25, 0.25)


@dataclass(frozen=True)
class Column:
    """A column of a table: its head, and a cell for each style, the mean's too."""

    label: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Figure:
    """A glyph shown: its name, its picture and what is said of it."""

    name: str
    picture: str
    numbers: str


def write_report(
    path: str | Path, scores: Scores, compared: Sequence[Compared], curves: Curves
) -> Path:
    """Write the page, whole or not at all; return its path.

    Args:
        path: the HTML file.
        scores: with every glyph.
        compared: the same glyphs in the same order, batch by batch.
        curves: of the training.
    """
    pictures = _Pictures(compared)
    order = sorted(range(scores.glyphs), key=lambda place: _merit(scores.each[place]))
    worst = order[: min(SHOWN, (len(order) + 1) // 2)]
    best = order[len(worst) :][::-1][:SHOWN]
    rows = scores.rows
    others = {label: name for label, name in OTHER_COLUMNS.items() if name in rows["mean"]}
    return write_page(
        path,
        "scores.html",
        title="scores",
        heading="Scores of drawn glyphs",
        notes=scores.notes,
        styles=[*rows],
        pictures=_columns(rows, PICTURE_COLUMNS),
        reading=_columns(rows, READING_COLUMNS),
        others=_columns(rows, others),
        whole="; ".join(_of_all(scores)),
        spread=distributions(scores),
        curves=curves,
        worst=[_figure(scores.each[n], pictures[n]) for n in worst],
        best=[_figure(scores.each[n], pictures[n]) for n in best],
        common=COMMON,
        measures=[MEASURES[name] for name in MEASURES if name in {**scores.mean, **scores.whole}],
    )


def difference(drawn: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return (H, W, 3) uint8: common ink grey, missing ink red, extra ink blue, on white.

    >>> drawn, truth = np.array([[0.0, 1.0, 0.0]]), np.array([[0.0, 0.0, 1.0]])
    >>> difference(drawn, truth).tolist()
    [[[64, 64, 64], [219, 38, 38], [38, 99, 235]]]
    """
    ink, true_ink = 1 - drawn, 1 - truth
    shares = (np.minimum(ink, true_ink), true_ink - ink, ink - true_ink)
    page = np.ones((*drawn.shape, 3))
    for share, colour in zip(shares, (GREY, RED, BLUE), strict=True):
        page -= share.clip(0)[..., None] * (1 - np.array(colour))
    rounded: np.ndarray = (page * 255).round().astype(np.uint8)
    return rounded


class _Pictures:
    """Drawn glyphs and truths by their place among all."""

    def __init__(self, compared: Sequence[Compared]) -> None:
        self._places = [(batch, row) for batch in compared for row in range(len(batch.drawn))]

    def __getitem__(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        batch, row = self._places[place]
        drawn, truth = (grey(images[row, 0]).cpu().numpy() for images in (batch.drawn, batch.truth))
        return drawn, truth


def _merit(glyph: GlyphScore) -> tuple[float, float]:
    return glyph.values["cldice"], glyph.values["ssim_ink"]


def _columns(rows: Mapping[str, Mapping[str, float]], names: Mapping[str, str]) -> list[Column]:
    """Return columns of measures by label."""
    return [
        Column(label, {style: _number(values, name) for style, values in rows.items()})
        for label, name in names.items()
    ]


def _of_all(scores: Scores) -> list[str]:
    return [
        f"{MEASURES[name].label} of all {scores.glyphs} glyphs: {value:.3f}"
        for name, value in scores.whole.items()
    ]


def _number(values: Mapping[str, float], key: str) -> str:
    return f"{values[key]:.{_digits(key)}f}" if key in values else "-"


def _digits(name: str) -> int:
    return 1 if name.startswith("psnr") else 3


def _figure(glyph: GlyphScore, pictures: tuple[np.ndarray, np.ndarray]) -> Figure:
    drawn, truth = pictures
    both = [np.repeat((image * 255).round()[..., None], 3, axis=2) for image in (truth, drawn)]
    strip = np.concatenate([*both, difference(drawn, truth)], axis=1).astype(np.uint8)
    shown = ("cldice", "missing", "extra", "ssim_ink", "lpips_glyph")
    numbers = [f"{MEASURES[key].label} {glyph.values[key]:.2f}" for key in shown]
    numbers += [word for key, word in WRONG.items() if glyph.values.get(key) == 0]
    name = f"{glyph.char} U+{ord(glyph.char):04X} {glyph.style}"
    return Figure(name, picture(Image.fromarray(strip)), ", ".join(numbers))
