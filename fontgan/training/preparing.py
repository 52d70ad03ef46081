"""What a training run needs before it begins: its settings, data, trainer and header."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import fontgan
from fontgan.config import read_toml
from fontgan.data.batch import Task
from fontgan.data.pairs import PairDataset
from fontgan.data.stroke_table import StrokeTable, strokes_of_store
from fontgan.devices.device import pick_device
from fontgan.devices.group import ALONE, Group
from fontgan.errors import CheckpointError, ConfigError, DataError, nearest
from fontgan.methods.base import VectorMethod
from fontgan.runs.checkpoint import Checkpoint, check_networks
from fontgan.runs.folder import Run
from fontgan.runs.header import Adaptation, DataRecord, FaceRecord, Header
from fontgan.store.store import GlyphStore
from fontgan.training.adapt import start_from
from fontgan.training.request import TrainingRequest
from fontgan.training.settings import RunSettings, from_tables, load_settings, merged
from fontgan.training.trainer import Trainer


@dataclass(frozen=True)
class Prepared:
    """A run that can begin.

    Attributes:
        trainer: fresh, or with the weights of the model that the run starts from.
        pairs: to train on.
        held_out: pairs of the characters that are held out, where there are any.
        header: of its checkpoints.
    """

    trainer: Trainer
    pairs: PairDataset
    held_out: PairDataset | None
    header: Header


def prepare(
    data: str | Path,
    settings: RunSettings,
    device: str,
    adaptation: Adaptation,
    resumed: Header | None = None,
    group: Group = ALONE,
    also: str | Path | None = None,
) -> Prepared:
    """Open the data and make the trainer; with ``resumed``, its state is still to be restored."""
    where, found = pick_device(device), _Data.open(data, also, settings, adaptation)
    begins = bool(adaptation.checkpoint) and resumed is None
    parent = _parent(adaptation, found.store, settings) if begins else None
    older = parent.header if parent else resumed
    task = _task(found, older, resumed is not None)
    known = [index for index, name in enumerate(task.styles) if name not in adaptation.add]
    trainer = Trainer(
        settings.method,
        task,
        settings.training,
        where,
        adaptation.freeze,
        known if adaptation.add else (),
        group,
    )
    if parent:
        start_from(trainer, parent, adaptation.like)
    strokes = strokes_of_store(settings.method.stroke_input, found.store)
    trainer.notes += strokes.notes if strokes else []
    pairs, held_out = found.pairs(task, strokes)
    for some in pairs.both:
        trainer.sampling(some)  # complains before an older run makes room for this one
    header = Header.of(
        found.store,
        settings.name,
        settings.tables(),
        task.styles,
        [*(older.styles if older else ()), *found.faces_beside],
        task.sets,
        also=DataRecord.of(found.other) if found.other else None,
        adaptation=adaptation,
        fontgan=fontgan.__version__,
    )
    return Prepared(trainer, pairs, held_out, header)


@dataclass(frozen=True)
class _Data:
    """The data set, or two, and the styles of each that are trained."""

    store: GlyphStore
    styles: list[str]
    other: GlyphStore | None
    theirs: list[str]

    @classmethod
    def open(
        cls,
        data: str | Path,
        also: str | Path | None,
        settings: RunSettings,
        adaptation: Adaptation,
    ) -> _Data:
        store = GlyphStore.open(data)
        other = _second(also, store, settings) if also else None
        theirs = _trained_styles(other, Adaptation()) if other else []
        return cls(store, _trained_styles(store, adaptation), other, theirs)

    @property
    def faces_beside(self) -> list[FaceRecord]:
        """Where the styles of the second set come from."""
        return [FaceRecord.of(face) for face in self.other.styles] if self.other else []

    def pairs(
        self, task: Task, strokes: StrokeTable | None
    ) -> tuple[PairDataset, PairDataset | None]:
        """Return the pairs to train on, and those of held-out characters."""
        second = None
        if self.other:
            second = PairDataset.of(self.other, "train", self.theirs, task.styles)
        trained = PairDataset.of(self.store, "train", self.styles, task.styles, strokes)
        held_out = None
        if any(self.store.held_out(self.store.style(name)).any() for name in self.styles):
            held_out = PairDataset.of(self.store, "held-out", self.styles, task.styles, strokes)
        return replace(trained, also=second), held_out


def _parent(adaptation: Adaptation, store: GlyphStore, settings: RunSettings) -> Checkpoint:
    """Read the model that a run starts from."""
    assert adaptation.checkpoint is not None
    parent = Checkpoint.read(Path(adaptation.checkpoint), ("networks/", "averages/"))
    _check_parent(parent, store, settings)
    task = parent.header.task
    method = from_tables(parent.header.method, parent.header.settings).method
    for weights in ("averages", "networks"):
        check_networks(partial(method.networks, task), parent, weights)
    for name in set(task.styles) & set(adaptation.add):
        raise ConfigError(f"--add-style {name}: the model knows it; --styles {name} trains it on")
    return parent


def _task(found: _Data, older: Header | None, resumed: bool) -> Task:
    """Return what the model is made for: the styles it has, then those that are new to it."""
    known = older.task.styles if older else ()
    fresh = () if resumed else (*found.styles, *found.theirs)
    names = tuple(dict.fromkeys([*known, *fresh]))
    sets = older.task.sets if older and known == names else ()
    if found.other:
        sets = tuple(int(name in found.theirs) for name in names)
    return Task(found.store.size, names, sets)


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
    if header.task.size != store.size and not isinstance(settings.method, VectorMethod):
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
