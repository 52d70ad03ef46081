"""A page of scores: one HTML file that needs nothing else, with best and worst glyphs."""

from __future__ import annotations

import base64
import io
from collections.abc import Collection, Iterator, Sequence
from html import escape
from pathlib import Path
from string import Template

import numpy as np
from PIL import Image

from fontgan.files import atomic_write
from fontgan.metrics.measures import COMMON, MEASURES, PICTURE, READING
from fontgan.metrics.tally import Compared, GlyphScore, Scores
from fontgan.reports.distributions import distributions

SHOWN = 24  # best and worst glyphs each
OF_TRUTHS = {"true content": "true content", "true hand": "true style"}
OTHERS = {"OCR": "ocr", "true OCR": "true ocr", "OCR / true": "ocr_relative", "LPIPS": "lpips"}
WRONG = {"content": "misread", "style": "another hand", "ocr": "misread by OCR"}
RED, BLUE, GREY = (0.86, 0.15, 0.15), (0.15, 0.39, 0.92), (0.25, 0.25, 0.25)

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>fontgan: scores</title><style>
body { font: 15px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 72rem;
  padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem }
p, dd { color: #555; margin: .2rem 0 } dt { font-weight: 600; margin-top: .5rem }
dd { margin-left: 0 }
.wide { overflow-x: auto }
table { margin-bottom: 1rem; border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .25rem .38rem; font-size: .8rem; text-align: right; white-space: nowrap }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
thead th { border-bottom: 2px solid #222 } tbody tr:last-child td { font-weight: 600;
  border-top: 1px solid #bbb }
.glyphs { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: 1rem }
figure { margin: 0 } figure img { width: 100%; border: 1px solid #ddd }
figcaption { font-size: .8rem; color: #555 }
.red { color: #dc2626 } .blue { color: #2563eb }
</style></head><body>
<h1>Scores of drawn glyphs</h1>
$notes
<h2>By style</h2>
<div class="wide">$pictures</div>
<h2>What a reader sees</h2>
<div class="wide">$reading</div>
$others
<p>$whole</p>
<h2>How glyphs are spread</h2>
$distributions
$curves
<h2>Worst glyphs by clDice</h2>
<p>truth, drawn, difference: <span class="red">missing ink red</span>,
<span class="blue">extra ink blue</span></p>
<div class="glyphs">$worst</div>
<h2>Best glyphs by clDice</h2>
<div class="glyphs">$best</div>
<h2>What the numbers mean</h2>
<p>$common</p>
<dl>$definitions</dl>
</body></html>
""")


def write_report(
    path: str | Path, scores: Scores, compared: Sequence[Compared], curves: str = ""
) -> Path:
    """Write the page, whole or not at all; return its path.

    Args:
        path: the HTML file.
        scores: with every glyph.
        compared: the same glyphs in the same order, batch by batch.
        curves: of the training, an HTML fragment.
    """
    pictures = _Pictures(compared)
    order = sorted(range(scores.glyphs), key=lambda place: _merit(scores.each[place]))
    worst = order[: min(SHOWN, (len(order) + 1) // 2)]
    best = order[len(worst) :][::-1][:SHOWN]
    page = _PAGE.substitute(
        notes="".join(f"<p>{escape(note)}</p>" for note in scores.notes),
        pictures=_table(scores, {MEASURES[name].label: name for name in PICTURE}),
        reading=_table(scores, {MEASURES[name].label: name for name in READING} | OF_TRUTHS),
        others=_others(scores),
        whole=escape("; ".join(_of_all(scores))),
        distributions=distributions(scores),
        curves=curves,
        worst="".join(_figure(scores.each[n], pictures[n]) for n in worst),
        best="".join(_figure(scores.each[n], pictures[n]) for n in best),
        common=escape(COMMON),
        definitions="".join(_definitions(scores)),
    )
    with atomic_write(path) as beside:
        beside.write_text(page, encoding="utf-8")
    return Path(path)


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
        return batch.drawn[row, 0].cpu().numpy(), batch.truth[row, 0].cpu().numpy()


def _merit(glyph: GlyphScore) -> tuple[float, float]:
    return glyph.values["cldice"], glyph.values["ssim_ink"]


def _table(scores: Scores, columns: dict[str, str]) -> str:
    """Return a table of the measures by label; "true content" is the content of the true glyphs."""
    heads = "".join(f"<th>{escape(label)}</th>" for label in columns)
    rows = "".join(_rows(scores, columns.values()))
    return f"<table><thead><tr><th>style</th>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _others(scores: Scores) -> str:
    """Return the table of what other judges say, where any was asked."""
    columns = {label: name for label, name in OTHERS.items() if _said(scores, name)}
    return f'<div class="wide">{_table(scores, columns)}</div>' if columns else ""


def _said(scores: Scores, name: str) -> bool:
    return name.removeprefix("true ") in scores.mean


def _rows(scores: Scores, names: Collection[str]) -> Iterator[str]:
    for style, values in [*scores.by_style.items(), ("mean", scores.mean)]:
        truth = scores.truth.get(style, {})
        every = values | {f"true {name}": value for name, value in truth.items()}
        cells = "".join(f"<td>{_number(every, name)}</td>" for name in names)
        yield f"<tr><td>{escape(style)}</td>{cells}</tr>"


def _of_all(scores: Scores) -> Iterator[str]:
    for name, value in scores.whole.items():
        yield f"{MEASURES[name].label} of all {scores.glyphs} glyphs: {value:.3f}"


def _number(values: dict[str, float], key: str) -> str:
    return f"{values[key]:.{_digits(key)}f}" if key in values else "-"


def _digits(name: str) -> int:
    return 1 if name.startswith("psnr") else 3


def _figure(glyph: GlyphScore, pictures: tuple[np.ndarray, np.ndarray]) -> str:
    drawn, truth = pictures
    grey = [np.repeat((image * 255).round()[..., None], 3, axis=2) for image in (truth, drawn)]
    strip = np.concatenate([*grey, difference(drawn, truth)], axis=1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(strip).save(file, format="PNG", optimize=True)
    data = base64.b64encode(file.getvalue()).decode()
    name = f"{escape(glyph.char)} U+{ord(glyph.char):04X} {escape(glyph.style)}"
    shown = ("cldice", "missing", "extra", "ssim_ink", "lpips_glyph")
    numbers = [f"{MEASURES[key].label} {glyph.values[key]:.2f}" for key in shown]
    numbers += [word for key, word in WRONG.items() if glyph.values.get(key) == 0]
    return (
        f'<figure><img alt="{name}" src="data:image/png;base64,{data}">'
        f"<figcaption>{name}<br>{', '.join(numbers)}</figcaption></figure>"
    )


def _definitions(scores: Scores) -> Iterator[str]:
    for one in (MEASURES[name] for name in MEASURES if name in {**scores.mean, **scores.whole}):
        yield f"<dt>{escape(one.title)}</dt><dd>{escape(one.text)}; {one.direction}</dd>"
