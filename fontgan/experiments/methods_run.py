"""Every method's compact preset trained for the same time on the same data, and held side by side.

Methods that translate learn six hands; those that see no pairs learn two of them; those that draw
letters out of noise, or out of a code that is all of a glyph, learn 62 letters of 26 hands. What is
finished is not done again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock

from fontgan import methods
from fontgan.config import Table
from fontgan.data.augment import Augment
from fontgan.data.batch import GlyphBatch
from fontgan.data.pairs import PairDataset
from fontgan.devices.device import pick_device
from fontgan.errors import ConfigError
from fontgan.evaluation.subject import open_run
from fontgan.experiments.methods_data import NAME, PRESET, Entry, entry_of
from fontgan.experiments.methods_page import page, results_of
from fontgan.experiments.methods_sheet import common_sheet
from fontgan.experiments.recipes import DataRecipe
from fontgan.experiments.records import Busy, claimed, read_record, write_record
from fontgan.experiments.results import write_text
from fontgan.experiments.staging import data_set, request, run_stage
from fontgan.files import check_folder
from fontgan.inference.model import Model
from fontgan.metrics.path_length import path_length
from fontgan.metrics.reading import Reader
from fontgan.metrics.tally import drawings, tally
from fontgan.runs.folder import LATEST, Run
from fontgan.runs.header import Adaptation
from fontgan.store.store import GlyphStore
from fontgan.training.pace import Event
from fontgan.training.preparing import prepare
from fontgan.training.settings import load_settings
from fontgan.training.trainer import Trainer

MINUTES = {"quick": 2.0, "full": 10.0}  # of processor time for each method
MEASURED = 6  # iterations by which it is told how many fit into that time


@dataclass(frozen=True)
class MethodsCompared:
    """What the comparison made.

    Attributes:
        folder: of all.
        table: the results in words, ``methods.md``.
        sheet: glyphs by every method, ``methods.png``.
        results: what stands in ``methods.json``.
        skipped: methods that another process works on.
    """

    folder: Path
    table: Path
    sheet: Path
    results: Table
    skipped: tuple[str, ...] = ()


def compare_methods(
    out: str | Path | None = None,
    *,
    quick: bool = False,
    chosen: Sequence[str] = ("all",),
    minutes: float | None = None,
    seed: int = 0,
    device: str = "auto",
    jobs: int = 1,
    say: Callable[[str], None] = lambda text: None,  # noqa: ARG005
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
) -> MethodsCompared:
    """Train and score methods; in a folder where it was begun, those that are not done yet.

    Several processes may work in one folder. Each writes the table of all that is finished there.

    Args:
        out: folder; default ``experiments/methods``, or ``methods-quick``.
        quick: two minutes of processor time for each method; else ten.
        chosen: names of methods, or ``all``.
        minutes: others than these. A method that is done keeps those that it had.
        seed: of the trainings.
        device: as for `train`; on a CPU each training has one thread.
        jobs: processes for drawing fonts.
        say: hears what begins.
        tell: hears how a training goes.

    Raises:
        FontganError: no such method, or a folder that holds another run.
        KeyboardInterrupt: a signal stopped a training; the same call goes on.
    """
    limit = MINUTES["quick" if quick else "full"] if minutes is None else minutes
    if not 0 < limit < 1e5:
        raise ConfigError(f"--minutes {limit:g}: give more than 0, or leave it out")
    wanted = methods.available() if "all" in chosen else list(dict.fromkeys(chosen))
    folder = Path(out) if out else Path("experiments") / (NAME + ("-quick" if quick else ""))
    for name in wanted:
        methods.find(name)
    check_folder(folder)
    skipped = []
    with _one_thread():
        for name in wanted:
            entry = entry_of(name, folder, device, jobs, say, tell)
            try:
                _run(entry, limit, seed)
            except Busy:
                say(f"{entry.folder} is under way in another process: left to it")
                skipped.append(name)
            results = _write(folder, device, jobs, say)
    table, sheet = folder / f"{NAME}.md", folder / f"{NAME}.png"
    return MethodsCompared(folder, table, sheet, results, tuple(skipped))


def _run(entry: Entry, minutes: float, seed: int) -> None:
    """Train and score a method, or what of it is not done yet."""
    if entry.record:
        entry.bench.say(f"{entry.method} is done")
        return
    bench, stage, folder = entry.bench, entry.stage, entry.folder
    data = data_set(bench, bench.recipe.data.splits[0], entry.place)
    if not read_record(folder):
        plan = _plan(entry, data, minutes)
        words = bench.words(stage, seed, plan["iterations"])
        record = claimed(folder, request(stage, words, data.fingerprint))
        write_record(folder, {**record, "plan": plan})
    words = read_record(folder)["request"]["settings"]
    record = run_stage(bench, stage, data, folder, words)
    write_record(folder, {**record, "whole": _whole(entry, data, record["scores"])})


def _plan(entry: Entry, data: GlyphStore, minutes: float) -> Table:
    """Measure how many iterations fit into the minutes, so that a schedule ends with them."""
    entry.bench.say(f"measuring {entry.method}")
    settings = load_settings(entry.method, PRESET)
    adaptation = Adaptation(styles=entry.stage.styles)
    ready = prepare(data.path, settings, entry.bench.device, adaptation)
    trainer, pairs = ready.trainer, ready.pairs
    last = max(0, settings.training.total(len(pairs)) - MEASURED - 1)
    spent = [_seconds(trainer, pairs, settings.augment, first) for first in (0, last)]
    seconds = sum(spent) / len(spent)  # some methods grow dearer as they go
    drawing = set(trainer.method.averaged)
    sizes = {
        name: sum(weight.numel() for weight in network.parameters())
        for name, network in trainer.networks.items()
    }
    return {
        "minutes": minutes,
        "iterations": max(1, round(60 * minutes / seconds)),
        "images_per_second": round(settings.training.batch_size / seconds, 1),
        "parameters": sum(sizes.values()),
        "drawing": sum(size for name, size in sizes.items() if name in drawing),
    }


def _seconds(trainer: Trainer, pairs: PairDataset, augment: Augment, first: int) -> float:
    """Return the seconds of an iteration, from one on; of processor time on a CPU."""
    clock = time.process_time if trainer.device.type == "cpu" else time.monotonic
    began, trainer.iteration, count = clock(), first, 0
    for count, _ in enumerate(trainer.run(pairs, augment)):
        if count == 0:
            began = clock()  # the first one warms up
        if count == MEASURED:
            break
    return max(1e-9, clock() - began) / max(1, count)


@torch.no_grad()
def _whole(entry: Entry, data: GlyphStore, scores: Table) -> Table:
    """Return what stands in the table: the scores, or those without targets; and the path."""
    found: Table = {"glyphs": scores["glyphs"], "truth": scores["truth"]}
    found |= scores["mean"] | scores["set"]
    if entry.field not in ("letters", "inferred"):
        return found
    run = Run.find(entry.folder / LATEST, LATEST)
    model, pairs = open_run(run, data.path, "train", (), entry.bench.device)
    some = pairs.spread(2)
    few = some.batch(np.arange(len(some))).to(model.device)
    path = path_length(model.coded, model.drawing, few)
    return (_sampled(model, pairs, data) if entry.field == "letters" else found) | {"path": path}


def _sampled(model: Model, pairs: PairDataset, data: GlyphStore) -> Table:
    """Read drawings with random codes, one for every true glyph of the training: no targets."""
    chance = torch.Generator().manual_seed(0)

    def draw(batch: GlyphBatch) -> torch.Tensor:
        z = torch.randn(len(batch), model.coded.z_size, generator=chance)
        return model.coded.draw(model.drawing, batch, z.to(model.device))

    reader = Reader.of(data, model.device)
    found = tally(drawings(draw, pairs, model.device), ("l1",), pairs.style_names, reader)
    read = {name: found.mean[name] for name in ("content", "style") if name in found.mean}
    return {"glyphs": found.glyphs, "truth": found.truth["mean"]} | read | found.whole


def _write(folder: Path, device: str, jobs: int, say: Callable[[str], None]) -> Table:
    """Write the table and the sheet of all that is finished, one process at a time."""
    with FileLock(folder / f".{NAME}.lock"):
        every = [
            entry_of(name, folder, device, jobs, lambda text: None)  # noqa: ARG005
            for name in methods.available()
            if (folder / name).exists()
        ]
        done = [entry for entry in every if entry.record]
        results = results_of([(one.method, one.field, one.record) for one in done], device)
        write_text(folder / f"{NAME}.json", json.dumps(results, ensure_ascii=False, indent=1))
        write_text(folder / f"{NAME}.md", "\n".join(page(results)))
        if done:
            say("drawing the sheet")
            runs = {
                one.folder: (one.field, folder / one.place / _split(one.bench.recipe.data))
                for one in done
            }
            common_sheet(runs, pick_device(device)).save(folder / f"{NAME}.png")
    return results


def _split(data: DataRecipe) -> str:
    return f"data-{data.splits[0]}"


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
