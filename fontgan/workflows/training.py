"""Training: from a data set to a run, and what it will cost."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fontgan
from fontgan.config import Table, merge, parse_assignments, read_toml, to_toml
from fontgan.data.batch import Task
from fontgan.data.pairs import PairDataset
from fontgan.data.store import FaceImages, GlyphStore
from fontgan.errors import CheckpointError, ConfigError, DataError, FontganError, nearest
from fontgan.files import atomic_write
from fontgan.training.adapt import start_from
from fontgan.training.checkpoint import Checkpoint, restore
from fontgan.training.device import peak_memory, pick_device
from fontgan.training.run import BEST, LATEST, Event, TrainingRun
from fontgan.training.settings import RunSettings, from_tables, load_settings, sections
from fontgan.training.trainer import Trainer

# What a run that could not begin (its disk full, say) leaves in its folder.
STARTED = ("log.jsonl", "settings.toml")


@dataclass(frozen=True)
class TrainingResult:
    """What came of a training run.

    Attributes:
        folder: of the run.
        iteration: finished iterations.
        total: iterations of the whole run.
        ended: ``finished``, ``time`` or the name of the signal that stopped it.
        best: held-out scores of the best checkpoint, and its iteration; empty without held-out
            pairs.
    """

    folder: Path
    iteration: int
    total: int
    ended: str
    best: dict[str, float]


@dataclass(frozen=True)
class Estimate:
    """What a run would be, measured on a few of its iterations.

    Attributes:
        settings: all of them.
        parameters: of each network.
        pairs: training pairs.
        iterations: of the whole run.
        images_per_second: measured.
        seconds: of the whole run.
        peak_memory: bytes, of the GPU where there is one.
        device: where it was measured.
        notes: what the user should know.
    """

    settings: Table
    parameters: dict[str, int]
    pairs: int
    iterations: int
    images_per_second: float
    seconds: float
    peak_memory: int
    device: str
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Adaptation:
    """How a run starts from a trained model.

    Attributes:
        checkpoint: of the trained model, or None for a fresh start.
        styles: train only on these; empty is all that are not held out.
        add: styles to add; everything else that draws stays as it is, bit for bit.
        freeze: networks that do not move.
    """

    checkpoint: str | None = None
    styles: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.add and not self.checkpoint:
            raise ConfigError("--add-style needs --from CHECKPOINT, the model to add it to")
        if self.add and self.styles:
            raise ConfigError("--add-style trains just the added styles; leave --styles out")


def train(
    data: str | Path,
    out: str | Path | None = None,
    *,
    method: str | None = None,
    preset: str | None = None,
    config: str | Path | None = None,
    settings: Sequence[str] = (),
    device: str = "auto",
    max_minutes: float | None = None,
    start: str | Path | None = None,
    styles: Sequence[str] = (),
    add_styles: Sequence[str] = (),
    freeze: Sequence[str] = (),
    force: bool = False,
    tensorboard: bool = False,
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
) -> TrainingResult:
    """Train a method on a data set.

    Args:
        data: folder made by `build`.
        out: folder of the run; default ``runs/<method>-<preset>``, numbered if taken.
        method: name of the method; default that of ``start``, else ``zi2zi``.
        preset: its settings to start from; default those of ``start``, else ``compact``, or with
            ``config`` none.
        config: TOML file of settings over the preset's.
        settings: ``key=value`` words over both.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        max_minutes: stop after so long; the run can be resumed.
        start: run or checkpoint to start from.
        styles: train only on these.
        add_styles: styles to add to ``start`` without changing what it draws in its own.
        freeze: networks that do not move, for example ``encoder``.
        force: replace a run that is in ``out``.
        tensorboard: also write TensorBoard events.
        tell: hears what happens.

    Raises:
        FontganError: of the kind that fits; nothing is half-written.
    """
    _check_minutes(max_minutes)
    adaptation = Adaptation(
        str(find_checkpoint(start)) if start else None,
        tuple(styles),
        tuple(add_styles),
        tuple(freeze),
    )
    run_settings, label = _fresh_settings(adaptation, method, preset, config, settings)
    folder = _fresh_folder(out, f"{run_settings.name}-{label}", force)
    trainer, pairs, held_out, header = _prepare(data, run_settings, device, adaptation)
    _clear(folder)
    with atomic_write(folder / "settings.toml") as beside:
        beside.write_text(to_toml(run_settings.tables()), encoding="utf-8")
    run = TrainingRun(folder, trainer, run_settings, pairs, held_out, header, tensorboard)
    run.save()  # from the first moment on there is a checkpoint to go on from
    return _go(run, max_minutes, tell)


def resume(
    run: str | Path | None = None,
    *,
    data: str | Path | None = None,
    method: str | None = None,
    preset: str | None = None,
    config: str | Path | None = None,
    settings: Sequence[str] = (),
    device: str = "auto",
    max_minutes: float | None = None,
    tensorboard: bool = False,
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
) -> TrainingResult:
    """Go on with a run from its latest checkpoint; on the CPU, bit for bit as if never stopped.

    Args:
        run: its folder; default the newest below the current folder.
        data: its data set, if that has moved.
        method: as for `train`; it may not change.
        preset: as for `train`; default the run's own settings, of which how long and how often may
            change, not the model.
        config: TOML file of settings over these.
        settings: ``key=value`` words over both, for example ``training.epochs=200``.
        device: as for `train`.
        max_minutes: stop after so long.
        tensorboard: also write TensorBoard events.
        tell: hears what happens.

    Raises:
        FontganError: no run, another data set, or settings that would change the model.
    """
    _check_minutes(max_minutes)
    path = find_checkpoint(run, newest=LATEST)
    checkpoint = Checkpoint.read(path)
    header = checkpoint.header
    run_settings = _resumed_settings(header, method, preset, config, settings)
    adaptation = Adaptation(**{key: _tupled(value) for key, value in header["adaptation"].items()})
    trainer, pairs, held_out, fresh = _prepare(
        data or header["data"]["path"], run_settings, device, adaptation, header
    )
    if fresh["data"]["fingerprint"] != header["data"]["fingerprint"]:
        raise DataError(
            f"{fresh['data']['path']} is not the data set of this run; give that one, or "
            f"start a new run with --from {path}"
        )
    restore(trainer, checkpoint)
    folder = path.parent
    training = TrainingRun(
        folder, trainer, run_settings, pairs, held_out, {**header, **fresh}, tensorboard
    )
    return _go(training, max_minutes, tell)


def estimate(
    data: str | Path,
    *,
    method: str | None = None,
    preset: str | None = None,
    config: str | Path | None = None,
    settings: Sequence[str] = (),
    device: str = "auto",
    start: str | Path | None = None,
    styles: Sequence[str] = (),
    add_styles: Sequence[str] = (),
    freeze: Sequence[str] = (),
    measured: int = 3,
) -> Estimate:
    """Say what `train` with the same arguments would do; nothing is written.

    Time and memory are measured on a few iterations, after one that warms up.
    """
    adaptation = Adaptation(
        str(find_checkpoint(start)) if start else None,
        tuple(styles),
        tuple(add_styles),
        tuple(freeze),
    )
    run_settings, _ = _fresh_settings(adaptation, method, preset, config, settings)
    trainer, pairs, _, _ = _prepare(data, run_settings, device, adaptation)
    total = run_settings.training.total(len(pairs))
    began = time.monotonic()
    for number, _ in enumerate(trainer.run(pairs, run_settings.augment)):
        if trainer.device.type == "cuda":
            import torch

            torch.cuda.synchronize(trainer.device)
        if number == 0 and total > 1:
            began = time.monotonic()  # the first one warms up
        if number == measured:
            break
    steps = max(1, min(measured, total - 1))
    rate = steps * run_settings.training.batch_size / max(1e-9, time.monotonic() - began)
    return Estimate(
        settings=run_settings.tables(),
        parameters={
            name: sum(weight.numel() for weight in network.parameters())
            for name, network in trainer.networks.items()
        },
        pairs=len(pairs),
        iterations=total,
        images_per_second=round(rate, 2),
        seconds=round(total * run_settings.training.batch_size / rate, 1),
        peak_memory=peak_memory(trainer.device),
        device=str(trainer.device),
        notes=_notes(run_settings, trainer.task),
    )


def find_checkpoint(run: str | Path | None = None, newest: str = BEST) -> Path:
    """Return the checkpoint meant by a run's folder, a file, or None (the newest run here).

    Args:
        run: a folder made by `train`, a checkpoint file, or None: the newest run below the current
            folder.
        newest: which of a run's checkpoints is wanted; the other one where it is missing.

    Raises:
        CheckpointError: there is none.
    """
    if run is None:
        found = [path for depth in ("*", "*/*") for path in Path().glob(f"{depth}/{LATEST}")]
        if not found:
            raise CheckpointError("no training run below this folder; name one, or train first")
        run = max(found, key=lambda path: path.stat().st_mtime).parent
    path = Path(run)
    if path.is_dir():
        for name in (newest, BEST, LATEST):
            if (path / name).exists():
                return path / name
        raise CheckpointError(f"{path}: no training run in this folder")
    if not path.exists():
        raise CheckpointError(f"{path}: no such run or checkpoint")
    return path


def _prepare(
    data: str | Path,
    settings: RunSettings,
    device: str,
    adaptation: Adaptation,
    resumed: Table | None = None,
) -> tuple[Trainer, PairDataset, PairDataset | None, Table]:
    """Open the data and make the trainer; with ``resumed``, its state is still to be restored."""
    where = pick_device(device)
    store = GlyphStore.open(data)
    parent = None
    if adaptation.checkpoint and resumed is None:
        parent = Checkpoint.read(Path(adaptation.checkpoint), ("networks/", "averages/"))
        _check_parent(parent, store, settings)
    trained = _trained_styles(store, adaptation)
    known = parent.header["task"]["styles"] if parent else ()
    for name in set(known) & set(adaptation.add):
        raise ConfigError(f"--add-style {name}: the model knows it; --styles {name} trains it on")
    names = resumed["task"]["styles"] if resumed else [*dict.fromkeys([*known, *trained])]
    task = Task(store.size, tuple(names))
    protected = [index for index, name in enumerate(names) if name not in adaptation.add]
    trainer = Trainer(
        settings.method,
        task,
        settings.training,
        where,
        adaptation.freeze,
        protected if adaptation.add else (),
    )
    if parent:
        start_from(trainer, parent)
    pairs = PairDataset.of(store, "train", trained, task.styles)
    held_out = None
    if any(char in store.style(name) for name in trained for char in store.held_out_chars):
        held_out = PairDataset.of(store, "held-out", trained, task.styles)
    header = _header(store, settings, task, adaptation, parent.header if parent else resumed)
    return trainer, pairs, held_out, header


def _check_parent(parent: Checkpoint, store: GlyphStore, settings: RunSettings) -> None:
    header = parent.header
    if header["task"]["size"] != store.size:
        raise CheckpointError(
            f"the model draws {header['task']['size']} px and the data set has {store.size} px; "
            f"build the data with --size {header['task']['size']}"
        )
    if header["method"] != settings.name:
        raise CheckpointError(f"the model is a {header['method']}, not a {settings.name}")


def _trained_styles(store: GlyphStore, adaptation: Adaptation) -> list[str]:
    free = [name for name in store.style_names if name not in store.held_out_styles]
    wanted = adaptation.add or adaptation.styles or tuple(free)
    for name in wanted:
        if name not in store.style_names:
            raise DataError(
                f"style {name}: not in {store.path}; {nearest(name, store.style_names)}"
            )
    return list(wanted)


def _header(
    store: GlyphStore,
    settings: RunSettings,
    task: Task,
    adaptation: Adaptation,
    older: Table | None,
) -> Table:
    """Return what a checkpoint says besides weights and progress."""
    about = {face["name"]: face for face in (older or {}).get("styles", [])}
    about |= {face.name: _about(face) for face in store.styles}
    held_out = set(store.held_out_chars)
    return {
        "fontgan": fontgan.__version__,
        "method": settings.name,
        "settings": settings.tables(),
        "task": {"size": task.size, "styles": list(task.styles)},
        "styles": [about[name] for name in task.styles],
        "source": _about(store.source),
        "canvas": store.canvas.to_dict(),
        "trained_chars": "".join(char for char in store.chars if char not in held_out),
        "held_out_chars": "".join(char for char in store.chars if char in held_out),
        "data": {"path": str(store.path.resolve()), "fingerprint": store.fingerprint},
        "adaptation": {
            "checkpoint": adaptation.checkpoint,
            "styles": list(adaptation.styles),
            "add": list(adaptation.add),
            "freeze": list(adaptation.freeze),
        },
    }


def _about(face: FaceImages) -> dict[str, str]:
    """Return where a face comes from: the bill of materials of a model."""
    keys = ("name", "spec", "family", "sha256", "licence", "licence_url", "copyright")
    return {key: getattr(face, key) for key in keys}


def _resumed_settings(
    header: Table,
    method: str | None,
    preset: str | None,
    config: str | Path | None,
    words: Sequence[str],
) -> RunSettings:
    """Return the run's own settings, or those asked for if they go with its model."""
    name = header["method"]
    if method not in (None, name):
        raise ConfigError(f"this is a run of {name}, not of {method}; --resume cannot change that")
    old = from_tables(name, header["settings"])
    new = _over(header, config, words)
    if preset:
        new = load_settings(name, preset, config, words)
    ours, theirs = new.tables(), old.tables()
    kept = [("method", key) for key in theirs["method"]]
    kept += [("augment", key) for key in theirs["augment"]]
    kept += [("training", key) for key in ("batch_size", "seed", "precision", "moving_average")]
    changed = [f"{part}.{key}" for part, key in kept if ours[part][key] != theirs[part][key]]
    if changed:
        raise ConfigError(
            f"a resumed run keeps its {', '.join(changed)}; to change that start a new run, with "
            "--from to go on with its weights"
        )
    return new


def _fresh_settings(
    adaptation: Adaptation,
    method: str | None,
    preset: str | None,
    config: str | Path | None,
    words: Sequence[str],
) -> tuple[RunSettings, str]:
    """Return the settings of a new run, and a word for them.

    A run that starts from a model has the model's settings, unless a preset is named.
    """
    if adaptation.checkpoint and not preset:
        header = Checkpoint.read(Path(adaptation.checkpoint), ()).header
        if method in (None, header["method"]):
            return _over(header, config, words), "adapted"
    preset = preset or (None if config else "compact")
    return load_settings(method or "zi2zi", preset, config, words), preset or "plain"


def _over(header: Table, config: str | Path | None, words: Sequence[str]) -> RunSettings:
    """Return a checkpoint's settings, with those of a file and ``key=value`` words over them."""
    name = header["method"]
    file = read_toml(config) if config else {}
    words_ = parse_assignments(words, sections(name))
    return from_tables(name, merge(header["settings"], file, words_))


def _check_minutes(minutes: float | None) -> None:
    if minutes is not None and not minutes > 0:
        raise ConfigError(f"--max-minutes {minutes:g}: give more than 0, or leave it out")


def _go(
    run: TrainingRun, max_minutes: float | None, tell: Callable[[Event], None]
) -> TrainingResult:
    deadline = time.monotonic() + 60 * max_minutes if max_minutes else float("inf")
    with _signals() as caught:
        run.go(lambda: bool(caught) or time.monotonic() > deadline, tell)
    finished = run.trainer.iteration >= run.total
    ended = "finished" if finished else caught[0] if caught else "time"
    best = dict(run.header.get("best", {}))
    return TrainingResult(run.folder, run.trainer.iteration, run.total, ended, best)


@contextmanager
def _signals() -> Iterator[list[str]]:
    """Collect Ctrl-C and SIGTERM instead of dying; a second Ctrl-C interrupts at once."""
    caught: list[str] = []

    def note(number: int, frame: object) -> None:  # noqa: ARG001
        caught.append(signal.Signals(number).name)
        if len(caught) > 1:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    old = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _fresh_folder(out: str | Path | None, name: str, force: bool) -> Path:
    if out is None:
        places = [Path("runs") / (name + (f"-{n}" if n > 1 else "")) for n in range(1, 10_000)]
        return next(place for place in places if not place.exists())
    folder = Path(out)
    if force or not folder.is_dir():
        return folder
    if (folder / LATEST).exists():
        raise FontganError(
            f"{folder} already holds a run; --resume goes on with it, --force replaces it, "
            "or choose another -o"
        )
    if any(path.name not in STARTED and path.name[0] != "." for path in folder.iterdir()):
        raise FontganError(f"{folder} holds other files; choose another -o, or add --force")
    return folder


def _clear(folder: Path) -> None:
    """Remove an older run's files; anything else in the folder stays."""
    if not (folder / LATEST).exists():
        return
    for name in (LATEST, BEST, "log.jsonl", "settings.toml"):
        (folder / name).unlink(missing_ok=True)
    for name in ("samples", "tensorboard"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _notes(settings: RunSettings, task: Task) -> list[str]:
    if settings.size and settings.size != task.size:
        return [f"the preset is meant for {settings.size} px, the data set has {task.size} px"]
    return []


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
