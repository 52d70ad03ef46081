"""The results of comparing methods, as plain values and as a page of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from fontgan.config import Table
from fontgan.experiments.results import heads, markdown, versions
from fontgan.metrics.measures import definitions
from fontgan.workflows.describing import describe_method

NAMES = ("missing", "ssim", "content", "style", "fid_glyph")
FIELDS = {
    "hands": "six hands of 1,000 characters, a tenth of them never seen in training",
    "two-hands": "two of these hands, learned without pairs",
    "letters": "62 letters of 26 hands, drawn by random codes: nothing to compare pixels with",
    "inferred": "letters held out of these hands, by the codes that were found in print",
}
COLUMNS = ("method", "paper", "pairs", "parameters", "images/s", "minutes", "iterations")


def results_of(done: Sequence[tuple[str, str, Table]], device: str) -> Table:
    """Return what stands in ``methods.json``.

    Args:
        done: of each finished method its name, what it learned from, and the record of its run.
        device: where it was trained.
    """
    rows = []
    for name, field, record in done:
        described = describe_method(name)
        rows.append(
            {
                "method": name,
                "field": field,
                "paper": short(described.paper),
                "pairing": described.pairing,
                **record["plan"],
                "iterations": record["training"]["iteration"],
                "settings": record["request"]["settings"],
                "scores": {key: record["whole"][key] for key in NAMES if key in record["whole"]},
                "glyphs": record["whole"]["glyphs"],
                "truth": record["whole"]["truth"],
                "diversity": record.get("codes", {}).get("diversity"),
                "path": record["whole"].get("path"),
            }
        )
    return {"methods": rows, "versions": versions(device)}


def page(results: Table) -> Iterator[str]:
    """Yield the lines of ``methods.md``."""
    yield "# Methods side by side\n"
    yield (
        "Compact presets, trained on one core for as many minutes of processor time as the table "
        "says; images/s are by processor time too. Parameters: of all networks, and of those that "
        "draw."
    )
    for field, title in FIELDS.items():
        rows = [row for row in results["methods"] if row["field"] == field]
        if rows:
            yield f"\n## {title[0].upper()}{title[1:]}\n"
            yield from markdown(
                [*COLUMNS, *heads(NAMES), "diversity ↑", "path ↓"], map(_row, rows), 3
            )
            truth = rows[0]["truth"]
            said = (f"content {truth.get('content', 0):.3f}", f"hand {truth.get('style', 0):.3f}")
            counts = " or ".join(sorted({f"{row['glyphs']:,}" for row in rows}))
            yield f"\n{counts} glyphs; the true ones themselves: {', '.join(said)}."
    yield "\n![the same glyphs by every method](methods.png)\n"
    yield "## What each is\n"
    for row in results["methods"]:
        one = describe_method(row["method"])
        yield f"- **{row['method']}**: {one.summary} {one.paper}."
    yield "\n## Measures\n"
    yield "- diversity: mean L1, in grey, between drawings of a glyph by eight random codes"
    yield (
        "- path: perceptual path length, how fast glyph-LPIPS grows, squared, on the way from one "
        "random code to another: long where drawings change in jumps"
    )
    yield from (f"- {line}" for line in definitions(NAMES))
    about = ", ".join(f"{name} {value}" for name, value in results["versions"].items())
    yield f"\n{about}"


def short(paper: str) -> str:
    """Return authors and year of a paper.

    >>> short("Isola et al., Image-to-Image Translation with Conditional GANs, 2017")
    'Isola et al. 2017'
    >>> short("fontgan's own, after DiT (Peebles and Xie 2023) and others (Li et al. 2020)")
    "fontgan's own"
    """
    authors = re.split(r",| \(", paper)[0]
    years = re.findall(r"\b(?:19|20)\d\d\b", paper.partition(";")[0])
    return authors if authors.startswith("fontgan") or not years else f"{authors} {years[0]}"


def _row(row: Table) -> list[str]:
    scores, diversity = row["scores"], row["diversity"]
    return [
        *(row["method"], row["paper"], row["pairing"].replace("_", " ")),
        f"{_millions(row['parameters'])} / {_millions(row['drawing'])}",
        *(f"{row['images_per_second']:g}", f"{row['minutes']:g}", f"{row['iterations']:,}"),
        *(f"{scores[name]:.3f}" if name in scores else "-" for name in NAMES),
        "-" if diversity is None else f"{diversity:.4f}",
        "-" if row["path"] is None else f"{row['path']:.3g}",
    ]


def _millions(count: int) -> str:
    return f"{count / 1e6:.2f} M" if count >= 1e5 else f"{count / 1e3:.0f} k"
