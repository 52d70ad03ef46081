"""One data set and one training run of an experiment; what is finished is not made again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from fontgan.config import Table
from fontgan.data.pairs import PairDataset
from fontgan.errors import ConfigError
from fontgan.experiments.recipes import Recipe, Stage
from fontgan.experiments.records import alone, claimed, lock, read_record, write_record
from fontgan.metrics.tally import Scores
from fontgan.runs.folder import LATEST, Run
from fontgan.runs.log import read_log
from fontgan.store.split import Split
from fontgan.store.store import GlyphStore
from fontgan.training.pace import Event
from fontgan.training.settings import load_settings
from fontgan.workflows.building import build
from fontgan.workflows.evaluating import evaluate
from fontgan.workflows.training import train_or_go_on


@dataclass(frozen=True)
class Bench:
    """What all data sets and runs of an experiment share.

    Attributes:
        recipe: what is to be done.
        folder: where.
        settings: ``key=value`` words of the user, over all others.
        device: as for `train`.
        jobs: processes for drawing fonts.
        say: hears what begins.
        tell: hears how a training goes.
    """

    recipe: Recipe
    folder: Path
    settings: tuple[str, ...]
    device: str
    jobs: int
    say: Callable[[str], None]
    tell: Callable[[Event], None]

    def __post_init__(self) -> None:
        for word in self.settings:
            if word.partition("=")[0].strip() in ("seed", "training.seed"):
                raise ConfigError(f"--set {word}: choose the seed with --seed")

    def words(
        self, stage: Stage, seed: int, iterations: int = 0, more: Sequence[str] = ()
    ) -> list[str]:
        """Return all ``key=value`` words of a run, checked.

        Raises:
            ConfigError: one of them makes no sense for the method.
        """
        count = iterations or stage.iterations
        length = [f"training.iterations={count}"] * bool(count)
        words = [*stage.settings, *more, *length, f"training.seed={seed}", *self.settings]
        load_settings(stage.method, stage.preset, None, words)
        return words


def data_set(bench: Bench, split: Split, place: str = "") -> GlyphStore:
    """Build the data set of a split, or open it where it is whole; note how large it is.

    Args:
        bench: its recipe says what is drawn.
        split: of the data.
        place: folder in the experiment's.

    Raises:
        FontganError: another data set is there, or a font cannot be drawn.
    """
    recipe, folder = bench.recipe.data, bench.folder / place / f"data-{split}"
    began = time.monotonic()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock(folder)):
        bench.say(f"data by {split}: {len(recipe.styles)} styles, {recipe.chars}, {recipe.size} px")
        store = build(
            recipe.source,
            recipe.styles,
            recipe.chars,
            folder,
            size=recipe.size,
            fit=recipe.fit,
            holdout=recipe.holdout,
            split=split,
            chars_of=recipe.chars_of,
            seed=recipe.seed,
            jobs=bench.jobs,
        )
        if read_record(folder).get("fingerprint") != store.fingerprint:
            write_record(folder, _about(store, time.monotonic() - began))
    return store


def run_stage(
    bench: Bench,
    stage: Stage,
    data: GlyphStore,
    folder: Path,
    words: Sequence[str],
    *,
    start: Path | None = None,
    minutes: float = 0,
) -> Table:
    """Train and score a stage, or what of it is not done yet.

    Args:
        bench: what the stage shares with others.
        stage: what to train.
        data: on what.
        folder: of the run.
        words: its settings, as `Bench.words` gives them.
        start: checkpoint to start from.
        minutes: most minutes of training, those before an interruption counted; 0 is no limit.

    Returns:
        What is in the JSON file beside the folder: ``request``, ``training``, ``scores``.

    Raises:
        FontganError: the folder has a run with other settings, or another process works there.
        KeyboardInterrupt: a signal stopped the training; the run can go on.
    """
    with alone(folder):
        record = claimed(folder, request(stage, words, data.fingerprint))
        if "training" not in record or not (folder / LATEST).exists():
            record["training"] = _train(bench, stage, data, folder, words, start, minutes)
            write_record(folder, record)
        if "scores" not in record or not (folder / "sheet.png").exists():
            record |= _score(bench, stage, data, folder)
            write_record(folder, record)
    return record


def request(stage: Stage, words: Sequence[str], fingerprint: str) -> Table:
    """Return what decides the result of a run, as plain values."""
    return {
        "method": stage.method,
        "preset": stage.preset,
        "settings": list(words),
        "start": stage.start,
        "styles": list(stage.styles),
        "freeze": list(stage.freeze),
        "data": fingerprint,
    }


def _train(
    bench: Bench,
    stage: Stage,
    data: GlyphStore,
    folder: Path,
    words: Sequence[str],
    start: Path | None,
    minutes: float,
) -> Table:
    """Train or go on; return what came of it."""
    if minutes and (folder / LATEST).exists():
        minutes = max(minutes - _seconds(folder) / 60, 0.01)
    limit = f", at most {minutes:.3g} minutes" if minutes else ""
    done = train_or_go_on(
        data.path,
        folder,
        say=lambda text: bench.say(f"{text}: {stage.method} ({stage.preset}){limit}"),
        tell=bench.tell,
        method=stage.method,
        preset=stage.preset,
        settings=words,
        device=bench.device,
        max_minutes=minutes or None,
        start=start,
        styles=stage.styles,
        freeze=stage.freeze,
    )
    if done.ended.startswith("SIG"):
        raise KeyboardInterrupt(done.ended)
    seconds = _seconds(folder)
    batch = load_settings(stage.method, stage.preset, None, words).training.batch_size
    return {
        "iteration": done.iteration,
        "total": done.total,
        "ended": done.ended,
        "seconds": round(seconds, 1),
        "images_per_second": round(done.iteration * batch / max(seconds, 1e-9), 1),
    }


def _score(bench: Bench, stage: Stage, data: GlyphStore, folder: Path) -> Table:
    """Score the last checkpoint: the best one was chosen by held-out glyphs."""
    began = time.monotonic()
    bench.say(f"drawing and scoring the held-out glyphs of {data.path}")
    scores = evaluate(
        folder / LATEST,
        data.path,
        styles=stage.styles,
        sheet=folder / "sheet.png",
        report=folder / "report.html",
        device=bench.device,
    )
    seconds = round(time.monotonic() - began, 1)
    return {"scores": _plain(scores), "codes": _codes(folder), "scoring_seconds": seconds}


def _codes(folder: Path) -> Table:
    """Return what a run with codes last said of them (`fontgan.metrics.diversity`), and no more."""
    said = [line for line in read_log(folder / "log.jsonl") if "codes" in line]
    return {**said[-1]["codes"], "complaints": said[-1]["complaints"]} if said else {}


def _plain(scores: Scores) -> Table:
    # Not every glyph has every measure: the reader does not know every character.
    counts: dict[str, Counter[str]] = {style: Counter() for style in scores.by_style}
    for glyph in scores.each:
        counts[glyph.style].update(["glyphs", *glyph.values])
    return {
        "glyphs": scores.glyphs,
        "blank": scores.blank,
        "mean": scores.mean,
        "set": scores.whole,
        "truth": scores.truth.get("mean", {}),
        "by_style": scores.by_style,
        "counts": counts,
        "notes": list(scores.notes),
    }


def _about(store: GlyphStore, seconds: float) -> Table:
    return {
        "fingerprint": store.fingerprint,
        "split": store.split,
        "leak": store.leak,
        "chars": len(store.chars),
        "held_out_chars": "".join(sorted(store.held_out_chars)),
        "train_pairs": len(PairDataset.of(store)),
        "held_out_pairs": len(PairDataset.of(store, "held-out")),
        "seconds": round(seconds, 1),
    }


def _seconds(folder: Path) -> float:
    """Return the seconds that the run in a folder has trained for."""
    return Run(folder / LATEST).header.seconds
