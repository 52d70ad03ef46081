"""What a training run needs before it begins: its settings, data, trainer and header."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import fontgan
from fontgan.config import read_toml
from fontgan.data.batch import Task
from fontgan.data.pairs import PairDataset
from fontgan.data.stroke_table import strokes_of_store
from fontgan.devices.device import pick_device
from fontgan.devices.group import ALONE, Group
from fontgan.errors import CheckpointError, ConfigError, DataError, nearest
from fontgan.runs.checkpoint import Checkpoint, check_networks
from fontgan.runs.folder import Run
from fontgan.runs.header import Adaptation, DataRecord, FaceRecord, Header
from fontgan.store.store import GlyphStore
from fontgan.training.adapt import start_from
from fontgan.training.request import TrainingRequest
from fontgan.training.settings import RunSettings, from_tables, load_settings, merged
from fontgan.training.trainer import Trainer


def prepare(
    data: str | Path,
    settings: RunSettings,
    device: str,
    adaptation: Adaptation,
    resumed: Header | None = None,
    group: Group = ALONE,
    also: str | Path | None = None,
) -> tuple[Trainer, PairDataset, PairDataset | None, Header]:
    """Open the data and make the trainer; with ``resumed``, its state is still to be restored."""
    where = pick_device(device)
    store = GlyphStore.open(data)
    other = _second(also, store, settings) if also else None
    parent = None
    if adaptation.checkpoint and resumed is None:
        parent = Checkpoint.read(Path(adaptation.checkpoint), ("networks/", "averages/"))
        _check_parent(parent, store, settings)
        method = from_tables(parent.header.method, parent.header.settings).method
        for weights in ("averages", "networks"):
            check_networks(partial(method.networks, parent.header.task), parent, weights)
    trained = _trained_styles(store, adaptation)
    theirs = _trained_styles(other, Adaptation()) if other else []
    known = parent.header.task.styles if parent else ()
    for name in set(known) & set(adaptation.add):
        raise ConfigError(f"--add-style {name}: the model knows it; --styles {name} trains it on")
    names = resumed.task.styles if resumed else tuple(dict.fromkeys([*known, *trained, *theirs]))
    older = parent.header if parent else resumed
    sets = older.task.sets if older and older.task.styles == names else ()
    if other:
        sets = tuple(int(name in theirs) for name in names)
    task = Task(store.size, names, sets)
    protected = [index for index, name in enumerate(names) if name not in adaptation.add]
    trainer = Trainer(
        settings.method,
        task,
        settings.training,
        where,
        adaptation.freeze,
        protected if adaptation.add else (),
        group,
    )
    if parent:
        start_from(trainer, parent, adaptation.like)
    strokes = strokes_of_store(settings.method.stroke_input, store)
    trainer.notes += strokes.notes if strokes else []
    second = PairDataset.of(other, "train", theirs, task.styles) if other else None
    pairs = replace(PairDataset.of(store, "train", trained, task.styles, strokes), also=second)
    held_out = None
    if any(store.held_out(store.style(name)).any() for name in trained):
        held_out = PairDataset.of(store, "held-out", trained, task.styles, strokes)
    records = [*(older.styles if older else ()), *map(FaceRecord.of, other.styles if other else ())]
    header = Header.of(
        store,
        settings.name,
        settings.tables(),
        names,
        records,
        task.sets,
        also=DataRecord.of(other) if other else None,
        adaptation=adaptation,
        fontgan=fontgan.__version__,
    )
    return trainer, pairs, held_out, header


def _second(path: str | Path, store: GlyphStore, settings: RunSettings) -> GlyphStore:
    """Open the second data set."""
    if not settings.method.joins_sets:
        raise ConfigError(
            f"{settings.name} learns from one data set; --also is for a method that is told which "
            "of two a style is of, such as stargan"
        )
    other = GlyphStore.open(path)
    if other.canvas != store.canvas:
        raise DataError(
            f"{other.path} has another canvas than {store.path}; build it with the same --size and "
            "--margin"
        )
    if twice := sorted(set(store.style_names) & set(other.style_names)):
        raise DataError(
            f"{', '.join(twice)}: in {store.path} and in {other.path}; build one of them without"
        )
    return other


def _check_parent(parent: Checkpoint, store: GlyphStore, settings: RunSettings) -> None:
    header = parent.header
    if header.task.size != store.size:
        raise CheckpointError(
            f"the model draws {header.task.size} px and the data set has {store.size} px; "
            f"build the data with --size {header.task.size}"
        )
    if header.method != settings.name:
        raise CheckpointError(f"the model is a {header.method}, not a {settings.name}")


def _trained_styles(store: GlyphStore, adaptation: Adaptation) -> list[str]:
    free = [name for name in store.style_names if name not in store.held_out_styles]
    wanted = adaptation.add or adaptation.styles or tuple(free)
    for name in wanted:
        if name not in store.style_names:
            raise DataError(
                f"style {name}: not in {store.path}; {nearest(name, store.style_names)}"
            )
    return list(wanted)


def resumed_settings(header: Header, asked: TrainingRequest) -> RunSettings:
    """Return the run's own settings, or those asked for if they go with its model."""
    name = header.method
    if asked.method not in (None, name):
        raise ConfigError(
            f"this is a run of {name}, not of {asked.method}; --resume cannot change that"
        )
    old = from_tables(name, header.settings)
    new = _over(header, asked)
    if asked.preset:
        new = load_settings(name, asked.preset, asked.config, asked.settings)
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


def fresh_settings(adaptation: Adaptation, asked: TrainingRequest) -> tuple[RunSettings, str]:
    """Return the settings of a new run, and a word for them.

    A run that starts from a model has the model's settings, unless a preset is named.
    """
    if adaptation.checkpoint and not asked.preset:
        header = Run(Path(adaptation.checkpoint)).header
        if asked.method in (None, header.method):
            return _over(header, asked), "adapted"
    preset = asked.preset or (None if asked.config else "compact")
    settings = load_settings(asked.method or "zi2zi", preset, asked.config, asked.settings)
    return settings, preset or "plain"


def _over(header: Header, asked: TrainingRequest) -> RunSettings:
    """Return a checkpoint's settings, with those of a file and ``key=value`` words over them."""
    name = header.method
    file = read_toml(asked.config) if asked.config else {}
    return from_tables(name, merged(name, header.settings, file, asked.settings))
