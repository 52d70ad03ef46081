"""An experiment from nothing to a folder of results: data, training, scores, sheet and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from fontgan.config import Table
from fontgan.errors import ConfigError
from fontgan.experiments.recipes import Recipe, Stage, load_recipe
from fontgan.experiments.records import alone, finished, read_record
from fontgan.experiments.results import Finished, write_results
from fontgan.experiments.staging import Bench, data_set, request, run_stage
from fontgan.files import check_folder
from fontgan.runs.folder import LATEST
from fontgan.store.split import Split
from fontgan.training.pace import Event


@dataclass(frozen=True)
class Experiment:
    """What an experiment made.

    Attributes:
        folder: of all.
        sheet: source | generated | truth of held-out glyphs, run by run.
        table: the scores in words, ``results.md``.
        results: what stands in ``results.json``.
    """

    folder: Path
    sheet: Path
    table: Path
    results: Table


def experiment(
    name: str,
    out: str | Path | None = None,
    *,
    quick: bool = False,
    splits: Sequence[Split] = (),
    seed: int = 0,
    settings: Sequence[str] = (),
    max_minutes: float | None = None,
    device: str = "auto",
    jobs: int = 1,
    say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
) -> Experiment:
    """Do an experiment; in a folder where it was begun, what is not done yet.

    Args:
        name: of a shipped experiment, or a TOML file; `fontgan.experiments.recipes` says what is in
            it.
        out: folder; default ``experiments/<name>``, or ``<name>-quick``.
        quick: the form for two CPU cores; else the full one, for a GPU.
        splits: ``pair``, ``character`` or both; default as the experiment says.
        seed: of all training; the split stays the same.
        settings: ``key=value`` words for every stage.
        max_minutes: most minutes of training in all, shared out over runs as their own limits are.
        device: as for `train`.
        jobs: processes for drawing fonts.
        say: hears what begins.
        tell: hears how a training goes.

    Raises:
        FontganError: no such experiment, a setting that makes no sense, or a folder with another
            experiment.
        KeyboardInterrupt: a signal stopped the training; the same call goes on.
    """
    recipe = with_splits(load_recipe(name, "quick" if quick else "full"), splits)
    check_folder(home(recipe, out))
    bench = Bench(recipe, home(recipe, out), tuple(settings), device, jobs, say, tell)
    limits = _limits(recipe, max_minutes)
    words = {stage.name: bench.words(stage, seed) for stage in recipe.stages}
    with alone(bench.folder / "experiment"):
        for split in recipe.data.splits:
            data = data_set(bench, split)
            for stage in recipe.stages:
                folder = bench.folder / split / stage.name
                start = bench.folder / split / stage.start / LATEST if stage.start else None
                minutes, settings = limits[stage.name], words[stage.name]
                run_stage(bench, stage, data, folder, settings, start=start, minutes=minutes)
                results = write_results(bench, seed, _finished(bench, words))
    return Experiment(
        bench.folder, bench.folder / "sheet.png", bench.folder / "results.md", results
    )


def home(recipe: Recipe, out: str | Path | None) -> Path:
    """Return the folder of an experiment."""
    ending = "-quick" if recipe.form == "quick" else ""
    return Path(out) if out else Path("experiments") / (recipe.name + ending)


def with_splits(recipe: Recipe, splits: Sequence[Split]) -> Recipe:
    """Return the recipe with other splits, if there are any.

    Raises:
        ConfigError: there is no such split.
    """
    for split in splits:
        if split not in ("pair", "character"):
            raise ConfigError(f"--split {split}: it is pair, character or both")
    chosen = tuple(dict.fromkeys(splits)) or recipe.data.splits
    return replace(recipe, data=replace(recipe.data, splits=chosen))


def _finished(bench: Bench, words: dict[str, list[str]]) -> list[Finished]:
    """Return all stages that are done in the folder, of both splits."""
    done: list[Finished] = []
    for split in get_args(Split):
        data = read_record(bench.folder / f"data-{split}")
        for stage in bench.recipe.stages if data else ():
            folder = bench.folder / split / stage.name
            record = finished(folder, request(stage, words[stage.name], data["fingerprint"]))
            if record:
                done.append(Finished(split, stage, folder, record, data))
    return sorted(done, key=lambda one: one.split == "character")


def _limits(recipe: Recipe, max_minutes: float | None) -> dict[str, float]:
    """Return the most minutes of each stage; 0 is no limit."""
    if max_minutes is None:
        return {stage.name: stage.minutes for stage in recipe.stages}
    if not max_minutes > 0:
        raise ConfigError(f"--max-minutes {max_minutes:g}: give more than 0, or leave it out")

    def weight(stage: Stage) -> float:
        return stage.minutes or 1.0

    whole = sum(map(weight, recipe.stages)) * len(recipe.data.splits)
    return {stage.name: max_minutes * weight(stage) / whole for stage in recipe.stages}
