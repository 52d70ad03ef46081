"""The results of an experiment in words, numbers and pictures."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image, ImageDraw

import fontgan
from fontgan.config import Table, plain
from fontgan.devices.device import pick_device
from fontgan.errors import DataError
from fontgan.experiments.recipes import Stage
from fontgan.experiments.staging import Bench
from fontgan.files import atomic_write
from fontgan.glyphs.image_files import read_grey
from fontgan.glyphs.sheet import label_font
from fontgan.metrics.measures import MEASURES, RESULTS, definitions
from fontgan.store.split import Split

BY_PAIR = (
    "by pair, as some papers split: {train_pairs:,} pairs for training, {held_out_pairs:,} held "
    "out at random; the characters of held-out glyphs are seen in other styles, so these scores "
    "are too good for characters that no one has written"
)
BY_CHARACTER = (
    "by character, the honest one: {train_pairs:,} pairs for training, {held_out_pairs:,} held "
    "out; a held-out character ({count} of {chars}) is held out in every style"
)


CODES = {
    "diversity": "diversity, L1",
    "perceptual": "diversity, glyph-LPIPS",
    "sampled_l1": "L1, random code",
    "encoded_l1": "L1, code of the truth",
    "gap": "gap",
    "information": "KL, nats",
}
CODES_MEANING = (
    "Diversity: mean distance between drawings of a held-out glyph with eight random codes, L1 in "
    "grey from 0 to 1, and glyph-LPIPS. Gap: how much nearer to the truth a drawing with the code "
    "found in the truth is than one with a random code. KL: divergence of the codes found in "
    "truths from N(0, 1), a glyph.",
)


@dataclass(frozen=True)
class Finished:
    """A finished stage: its split, its run's folder, and the records of run and data."""

    split: Split
    stage: Stage
    folder: Path
    record: Table
    data: Table


def write_results(bench: Bench, seed: int, finished: Sequence[Finished]) -> Table:
    """Write ``results.json``, ``results.md``, ``sheet.png`` and ``report.html``; return the first.

    Args:
        bench: the experiment and its folder.
        seed: of the training.
        finished: at least one stage.
    """
    results = _results(bench, seed, finished)
    write_text(bench.folder / "results.json", json.dumps(results, ensure_ascii=False, indent=1))
    write_text(bench.folder / "results.md", _page(results, finished))
    pictures = [(_title(one), one.folder / "sheet.png") for one in finished]
    _stack(pictures, bench.folder / "sheet.png")
    honest = [one for one in finished if one.split == "character"] or finished
    with atomic_write(bench.folder / "report.html") as part:
        shutil.copyfile(honest[-1].folder / "report.html", part)
    return results


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all."""
    with atomic_write(path) as part:
        part.write_text(text.rstrip("\n") + "\n", encoding="utf-8", newline="\n")


def versions(device: str) -> Table:
    """Return what the numbers were made with."""
    where = pick_device(device)
    name = f"CPU ({platform.machine()}), {torch.get_num_threads()} threads"
    if where.type == "cuda":
        name = torch.cuda.get_device_name(where)
    return {
        "fontgan": fontgan.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "device": name if where.type in ("cpu", "cuda") else str(where),
    }


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> list[str]:
    """Return the lines of a table; the first ``words`` columns hold words, the others numbers."""
    lines = [f"| {' | '.join(heads)} |"]
    lines.append("|" + "|".join("---" if n < words else "--:" for n in range(len(heads))) + "|")
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def heads(names: Sequence[str]) -> list[str]:
    """Return the columns of measures, each with an arrow that points to the better values."""
    return [f"{MEASURES[name].label} {'↑' if MEASURES[name].higher else '↓'}" for name in names]


def shown(values: Table, names: Sequence[str]) -> list[str]:
    """Return measures as text, a dash where there is none."""
    return [f"{values[name]:.3f}" if name in values else "-" for name in names]


def code_values(codes: Table) -> list[str]:
    """Return the columns of `CODES` as text."""
    return [f"{codes[name]:.4f}" if name in codes else "-" for name in CODES]


def _complaints(finished: Sequence[Finished]) -> Iterator[str]:
    for one in finished:
        for complaint in one.record.get("codes", {}).get("complaints", ()):
            yield f"\n**{one.split}, {one.stage.name}**: {complaint}"


def _results(bench: Bench, seed: int, finished: Sequence[Finished]) -> Table:
    recipe = bench.recipe
    return {
        "experiment": recipe.name,
        "form": recipe.form,
        "description": recipe.description,
        "published": recipe.published,
        "seed": seed,
        "settings": list(bench.settings),
        "data": {**plain(recipe.data), "made": {one.split: one.data for one in finished}},
        "versions": versions(bench.device),
        "seconds": _seconds(finished),
        "summary": list(_summary(finished)),
        "runs": [
            {
                "split": one.split,
                "stage": one.stage.name,
                "folder": one.folder.relative_to(bench.folder).as_posix(),
                **one.record,
            }
            for one in finished
        ],
    }


def _seconds(finished: Sequence[Finished]) -> Table:
    parts = {
        "data": sum({one.split: one.data["seconds"] for one in finished}.values()),
        "training": sum(one.record["training"]["seconds"] for one in finished),
        "scoring": sum(one.record["scoring_seconds"] for one in finished),
    }
    return {name: round(value, 1) for name, value in {**parts, "all": sum(parts.values())}.items()}


def _summary(finished: Sequence[Finished]) -> Iterator[Table]:
    """Yield a row a run; before one of few styles, the earlier run on just these styles."""
    for one in finished:
        before = [some for some in finished if some.stage.name == one.stage.start]
        for earlier in before if one.stage.styles else ():
            if earlier.split == one.split:
                yield _row(earlier, one.stage.styles)
        yield _row(one, ())


def _row(one: Finished, styles: Sequence[str]) -> Table:
    scores = one.record["scores"]
    counts = {name: scores["counts"][name] for name in styles or scores["by_style"]}
    means = {name: _mean(name, scores["by_style"], counts) for name in scores["mean"]}
    return {
        "split": one.split,
        "stage": one.stage.name,
        "styles": list(counts),
        "glyphs": sum(count["glyphs"] for count in counts.values()),
        "mean": {name: mean for name, mean in means.items() if mean is not None},
    }


def _mean(measure: str, by_style: Table, counts: Table) -> float | None:
    """Return the mean over the glyphs of some styles; None where no glyph has the measure."""
    weights = {style: count[measure] for style, count in counts.items() if count.get(measure)}
    if not weights:
        return None
    total: float = sum(by_style[style][measure] * weight for style, weight in weights.items())
    glyphs: int = sum(weights.values())
    return total / glyphs


def _page(results: Table, finished: Sequence[Finished]) -> str:
    names = [name for name in RESULTS if any(name in row["mean"] for row in results["summary"])]
    summary = [
        [
            *(row["split"], row["stage"], str(len(row["styles"])), str(row["glyphs"])),
            *shown(row["mean"], names),
        ]
        for row in results["summary"]
    ]
    lines = [f"# {results['experiment']} ({results['form']} form)"]
    lines += [f"\n{results[key]}" for key in ("description", "published") if results[key]]
    lines += ["", "## Splits", "", *_splits(finished)]
    lines += ["", "## Held-out glyphs", "", "Means over glyphs, drawn by the last checkpoint.", ""]
    lines += markdown(["split", "after stage", "styles", "glyphs", *heads(names)], summary, 2)
    lines += ["", "![source, generated, truth](sheet.png)", "", "## By style", ""]
    lines += markdown(
        ["style", "split", "after stage", *heads(names)], _by_style(finished, names), 3
    )
    coded = [
        [one.split, one.stage.name, *code_values(one.record["codes"])]
        for one in finished
        if one.record.get("codes")
    ]
    if coded:
        lines += [
            "",
            "## Codes",
            "",
            *markdown(["split", "after stage", *CODES.values()], coded, 2),
        ]
        lines += ["", *CODES_MEANING, *_complaints(finished)]
    lines += ["", "## Measures", "", *(f"- {line}" for line in definitions(tuple(names)))]
    lines += ["", "## Runs", "", *_runs(finished), "", "## Settings", "", *_settings(results)]
    return "\n".join(lines)


def _splits(finished: Sequence[Finished]) -> Iterator[str]:
    for split, data in {one.split: one.data for one in finished}.items():
        text = BY_PAIR if split == "pair" else BY_CHARACTER
        yield f"- {text.format(**data, count=len(data['held_out_chars']))}"


def _by_style(finished: Sequence[Finished], names: Sequence[str]) -> Iterator[list[str]]:
    styles = dict.fromkeys(style for one in finished for style in one.record["scores"]["by_style"])
    for style in styles:
        for one in finished:
            values = one.record["scores"]["by_style"].get(style)
            if values:
                yield [style, one.split, one.stage.name, *shown(values, names)]


def _runs(finished: Sequence[Finished]) -> list[str]:
    rows = []
    for one in finished:
        run = one.record["training"]
        count = f"{run['iteration']:,} of {run['total']:,}"
        ended = {"time": "out of time"}.get(run["ended"], run["ended"])
        numbers = (run["images_per_second"], run["seconds"], one.record["scoring_seconds"])
        rows.append([one.split, one.stage.name, ended, count, *(f"{n:,.1f}" for n in numbers)])
    columns = ["split", "stage", "ended", "iterations", "images/s", "training s", "scoring s"]
    return markdown(columns, rows, 3)


def _settings(results: Table) -> Iterator[str]:
    data = results["data"]
    about = ", ".join(f"{name} {value}" for name, value in results["versions"].items())
    seconds = ", ".join(f"{name} {value:,.0f} s" for name, value in results["seconds"].items())
    yield f"- {about}; seed {results['seed']}"
    yield f"- {seconds}"
    what = f"source {data['source']}, {data['chars']}, {data['size']} px"
    yield f"- {what}, {data['holdout']:.0%} held out"
    for run in results["runs"]:
        asked = run["request"]
        told = [f"{asked['method']} {asked['preset']}, `{' '.join(asked['settings'])}`"]
        told += [f"from {asked['start']}"] * bool(asked["start"])
        told += [f"frozen: {', '.join(asked['freeze'])}"] * bool(asked["freeze"])
        yield f"- {run['folder']}: {'; '.join(told)}; all in `{run['folder']}/settings.toml`"


def _title(one: Finished) -> str:
    seen = "seen in other styles" if one.split == "pair" else "never seen"
    return f"split by {one.split} (characters {seen}), after {one.stage.name}"


def _stack(pictures: Sequence[tuple[str, Path]], path: Path) -> None:
    """Put titled pictures under each other."""
    font, line = label_font(18), 34
    images = [(title, Image.fromarray(read_grey(file, DataError))) for title, file in pictures]
    width = max(image.width for _, image in images)
    page = Image.new("L", (width, sum(image.height + line for _, image in images)), 255)
    top = 0
    for title, image in images:
        ImageDraw.Draw(page).text((10, top + 8), title, 0, font)
        page.paste(image, (0, top + line))
        top += image.height + line
    with atomic_write(path) as part:
        page.save(part)
