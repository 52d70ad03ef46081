"""Variants of an experiment's first stage, compared at equal data, iterations and seeds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from fontgan.config import Table
from fontgan.data.pairs import PairDataset
from fontgan.devices.device import pick_device
from fontgan.errors import ConfigError
from fontgan.evaluation.subject import draw_pairs
from fontgan.experiments.recipes import Recipe, Stage, Variant, load_recipe
from fontgan.experiments.records import Busy, finished
from fontgan.experiments.results import CODES, versions, write_text
from fontgan.experiments.running import home
from fontgan.experiments.staging import Bench, data_set, request, run_stage
from fontgan.experiments.variants import compare, page
from fontgan.files import atomic_write
from fontgan.glyphs.evenly import evenly
from fontgan.glyphs.sheet import Cell, Sheet
from fontgan.inference.model import Model
from fontgan.runs.folder import LATEST
from fontgan.store.split import Split
from fontgan.store.store import GlyphStore
from fontgan.training.pace import Event

GLYPHS = 16  # in a row of the picture


@dataclass(frozen=True)
class Ablations:
    """What variants came to.

    Attributes:
        folder: of the experiment.
        table: the comparison in words, ``ablations.md``.
        picture: the same held-out glyphs by every variant, ``ablations.png``.
        results: what stands in ``ablations.json``.
        skipped: runs that another process has under way.
    """

    folder: Path
    table: Path
    picture: Path
    results: Table
    skipped: tuple[Path, ...] = ()


def ablate(
    name: str,
    out: str | Path | None = None,
    *,
    quick: bool = False,
    variants: Sequence[str] = ("all",),
    seeds: int | None = None,
    seed: int = 0,
    split: Split | None = None,
    settings: Sequence[str] = (),
    device: str = "auto",
    jobs: int = 1,
    say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
) -> Ablations:
    """Train and score variants of an experiment's first stage; what is finished is not done again.

    Several processes may work on variants in one folder. Each writes the comparison of all that is
    finished there.

    Args:
        name: as for `experiment`.
        out: as for `experiment`.
        quick: as for `experiment`.
        variants: their names, or ``all``.
        seeds: how many; default as the experiment says.
        seed: the first.
        split: of the data; default as the experiment says.
        settings: ``key=value`` words for all variants.
        device: as for `train`.
        jobs: processes for drawing fonts.
        say: hears what begins.
        tell: hears how a training goes.

    Raises:
        FontganError: no such experiment or variant, or a setting that makes no sense.
        KeyboardInterrupt: a signal stopped the training; the same call goes on.
    """
    recipe = load_recipe(name, "quick" if quick else "full").for_ablation
    if split:
        recipe = replace(recipe, ablation=replace(recipe.ablation, split=split))
    bench = Bench(recipe, home(recipe, out), tuple(settings), device, jobs, say, tell)
    runs = [
        _Run(bench, variant, number)
        for number in range(seed, seed + (seeds or recipe.ablation.seeds))
        for variant in _chosen(recipe, variants)
    ]
    data = data_set(bench, recipe.ablation.split, "ablations")
    skipped: list[Path] = []
    for run in runs:
        try:
            run_stage(bench, run.stage, data, run.folder, run.words)
            _write(bench, data)
        except Busy:
            say(f"{run.folder} is under way in another process: left to it")
            skipped.append(run.folder)
    results = _write(bench, data)
    folder = bench.folder
    table, picture = folder / "ablations.md", folder / "ablations.png"
    return Ablations(folder, table, picture, results, tuple(skipped))


@dataclass(frozen=True)
class _Run:
    """One variant with one seed."""

    bench: Bench
    variant: Variant
    seed: int

    def __post_init__(self) -> None:
        _ = self.words  # a setting that makes no sense is an error before anything begins

    @property
    def stage(self) -> Stage:
        """Return the first stage without a limit of time: all variants go equally far."""
        return replace(self.bench.recipe.stages[0], minutes=0)

    @property
    def folder(self) -> Path:
        """Return the folder of the run."""
        return self.bench.folder / "ablations" / self.variant.name / str(self.seed)

    @property
    def words(self) -> list[str]:
        """Return the settings."""
        ablation = self.bench.recipe.ablation
        more = [*ablation.settings, *self.variant.settings]
        return self.bench.words(self.stage, self.seed, ablation.iterations, more)


def _chosen(recipe: Recipe, names: Sequence[str]) -> list[Variant]:
    if not recipe.variants:
        raise ConfigError(f"{recipe.name} has no variants to compare")
    if "all" in names:
        return list(recipe.variants)
    return [recipe.variant(name) for name in dict.fromkeys(names)]


def _write(bench: Bench, data: GlyphStore) -> Table:
    """Write the comparison of all runs that are finished, one process at a time."""
    with FileLock(bench.folder / ".ablations.lock"):
        found = dict(_finished(bench, data))
        scores = {
            name: {run.seed: record["scores"]["mean"] for run, record in runs}
            for name, runs in found.items()
        }
        recipe = bench.recipe
        results = {
            "experiment": recipe.name,
            "form": recipe.form,
            "split": data.split,
            "leak": data.leak,
            "glyphs": len(PairDataset.of(data, "held-out")),
            "iterations": max(
                (record["training"]["iteration"] for runs in found.values() for _, record in runs),
                default=0,
            ),
            "stage": {"method": recipe.stages[0].method, "preset": recipe.stages[0].preset},
            "settings": [*recipe.stages[0].settings, *recipe.ablation.settings, *bench.settings],
            "versions": versions(bench.device),
            **compare(recipe.variants, scores),
            "codes": {name: codes for name, runs in found.items() if (codes := _codes(runs))},
        }
        text = json.dumps(results, ensure_ascii=False, indent=1)
        write_text(bench.folder / "ablations.json", text)
        write_text(bench.folder / "ablations.md", page(results))
        firsts = {name: runs[0][0].folder for name, runs in found.items()}
        _picture(firsts, data, bench.device).save(bench.folder / "ablations.png")
    return results


def _finished(bench: Bench, data: GlyphStore) -> Iterator[tuple[str, list[tuple[_Run, Table]]]]:
    """Yield the finished runs of each variant, in the order of seeds; none without any."""
    for variant in bench.recipe.variants:
        home = bench.folder / "ablations" / variant.name
        seeds = sorted(int(file.stem) for file in home.glob("*.json") if file.stem.isdecimal())
        runs = []
        for seed in seeds:
            run = _Run(bench, variant, seed)
            record = finished(run.folder, request(run.stage, run.words, data.fingerprint))
            runs += [(run, record)] * bool(record)
        if runs:
            yield variant.name, runs


def _codes(runs: list[tuple[_Run, Table]]) -> Table:
    """Return the means over seeds of what runs with codes say of them; nothing for others."""
    said = [record["codes"] for _, record in runs if record.get("codes")]
    known = [name for name in CODES if said and all(name in codes for codes in said)]
    return {name: sum(codes[name] for codes in said) / len(said) for name in known}


def _picture(runs: Mapping[str, Path], data: GlyphStore, device: str) -> Sheet:
    """Show the same held-out glyphs by each variant, below their sources and truths."""
    pairs = PairDataset.of(data, "held-out")
    places = evenly(len(pairs), GLYPHS)
    source, truth = pairs.pixels(places)
    rows: list[list[Cell]] = [[*source], [*truth]]
    rows += [[*_drawn(run, pairs, places, device)] for run in runs.values()]
    return Sheet(rows, ["source", "truth", *runs])


def _drawn(
    run: Path, pairs: PairDataset, places: NDArray[np.int64], device: str
) -> NDArray[np.uint8]:
    """Return the drawings (B, S, S) of some pairs by a run, drawn once and kept in its folder."""
    file = run / "ablation.npy"
    if not file.exists():
        model = Model.load(run / LATEST, pick_device(device))
        drawn = draw_pairs(model, pairs, places)
        with atomic_write(file) as part:
            np.save(part, drawn)
    kept: NDArray[np.uint8] = np.load(file, allow_pickle=False)
    return kept
