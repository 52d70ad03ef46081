"""What a checkpoint says besides weights; no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field
from safetensors import SafetensorError, safe_open

from fontgan.config import Table
from fontgan.data.task import Task
from fontgan.errors import CheckpointError, ConfigError
from fontgan.glyphs.canvas import Canvas
from fontgan.runs.metadata import Format
from fontgan.store.store import FaceImages, GlyphStore
from fontgan.untrusted import style_name_fault

Place = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # no file system has a zero byte in a path
Count = Annotated[int, Field(ge=0, lt=2**53)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class FaceRecord:
    """Where a face comes from, as the data set had it.

    Attributes:
        name: of the style, or of the source.
        spec: what its images were drawn from.
        family, licence, licence_url, copyright: what the font says of itself.
        sha256: of the font file.
    """

    name: str
    spec: Place
    family: str = ""
    sha256: str = ""
    licence: str = ""
    licence_url: str = ""
    copyright: str = ""

    @classmethod
    def of(cls, face: FaceImages) -> FaceRecord:
        """Return the record of a data set's face."""
        return cls(**{key: getattr(face, key) for key in cls.__dataclass_fields__})


@dataclass(frozen=True)
class DataRecord:
    """Which data set a model was trained on: where it was, and its fingerprint."""

    path: Place
    fingerprint: str

    @classmethod
    def of(cls, store: GlyphStore) -> DataRecord:
        """Return the record of a data set."""
        return cls(str(store.path.resolve()), store.fingerprint)


@dataclass(frozen=True)
class Adaptation:
    """How a run starts from a trained model.

    Attributes:
        checkpoint: of the trained model, or None for a fresh start.
        styles: train only on these; empty is all that are not held out.
        add: styles to add; everything else that draws stays as it is, bit for bit.
        freeze: networks that do not move.
        like: the known style that added ones begin as; empty is the mean of all.
    """

    checkpoint: Place | None = None
    styles: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()
    like: str = ""

    def __post_init__(self) -> None:
        if self.add and not self.checkpoint:
            raise ConfigError("--add-style needs --from CHECKPOINT, the model to add it to")
        if self.add and self.styles:
            raise ConfigError("--add-style trains just the added styles; leave --styles out")
        if self.like and not self.add:
            raise ConfigError(f"--like {self.like} says how added styles begin; name --add-style")


@dataclass(frozen=True)
class Header:
    """What a checkpoint says besides weights.

    Attributes:
        method: its name.
        settings: of the run, one table a section (`fontgan.training.settings`).
        task: what the model is made for.
        styles: where each style of the task comes from, in its order: the bill of materials.
        source: where the source face comes from.
        canvas: how glyphs are drawn for the model.
        trained_chars: characters of the data set that are not held out.
        held_out_chars: those that are.
        data: the data set.
        also: the second one, of a model trained on two.
        adaptation: how the run started.
        fontgan: version that wrote it.
        iteration: finished iterations.
        seconds: of training.
        checks_since_best: how often the run has looked at itself since its best scores.
        best: iteration and held-out scores of the best checkpoint; empty where there is none.
        fingerprint: of the weights that exported ones were made from; empty for a run's own.
    """

    method: str
    settings: Table
    task: Task
    styles: tuple[FaceRecord, ...]
    source: FaceRecord
    canvas: Canvas
    trained_chars: str
    held_out_chars: str
    data: DataRecord
    also: DataRecord | None = None
    adaptation: Adaptation = Adaptation()
    fontgan: str = ""
    iteration: Count = 0
    seconds: Seconds = 0.0
    checks_since_best: Count = 0
    best: dict[str, int | float] = field(default_factory=dict)
    fingerprint: str = ""

    def __post_init__(self) -> None:
        names = self.task.styles
        for name in names:
            if fault := style_name_fault(name):
                raise CheckpointError(fault)
        if not names or len(set(names)) < len(names):
            raise CheckpointError("a model has at least one style, each with a name of its own")
        if [face.name for face in self.styles] != list(names):
            raise CheckpointError("it names other styles than it says where they come from")
        sets = self.task.sets
        if sets and (len(sets) != len(names) or not set(sets) <= {0, 1}):
            raise CheckpointError("it does not say of each style which of two data sets it is of")
        if self.canvas.size != self.task.size:
            raise CheckpointError(
                f"a canvas of {self.canvas.size} px for a model of {self.task.size} px"
            )

    @classmethod
    def of(
        cls,
        store: GlyphStore,
        method: str,
        settings: Table,
        styles: Sequence[str],
        older: Sequence[FaceRecord] = (),
        sets: tuple[int, ...] = (),
        **more: Any,
    ) -> Header:
        """Return the header of a model of a data set.

        Args:
            store: the data set.
            method: its name.
            settings: of the run.
            styles: names of the task's styles.
            older: where styles come from that the data set does not have.
            sets: as for `Task`.
            more: other fields.
        """
        known = {face.name: face for face in older}
        known |= {face.name: FaceRecord.of(face) for face in store.styles}
        held_out = store.held_out_chars
        return cls(
            method=method,
            settings=settings,
            task=Task(store.size, tuple(styles), sets),
            styles=tuple(known[name] for name in styles),
            source=FaceRecord.of(store.source),
            canvas=store.canvas,
            trained_chars="".join(char for char in store.chars if char not in held_out),
            held_out_chars="".join(char for char in store.chars if char in held_out),
            data=DataRecord.of(store),
            **more,
        )


# Version 1 has biases before norms (see `fontgan.runs.migration`).
CHECKPOINT = Format(
    "fontgan-checkpoint", 2, Header, "a safetensors file, but not a fontgan checkpoint"
)


def read_header(path: Path) -> Header:
    """Read what a checkpoint says, without its tensors.

    Raises:
        CheckpointError: missing, damaged, foreign or newer file, or a header that cannot be.
    """
    with opened(path, "np") as file:
        return CHECKPOINT.read(path, file.metadata())


@contextmanager
def opened(path: Path, framework: Literal["np", "pt"]) -> Iterator[Any]:
    """Open a checkpoint file.

    Raises:
        CheckpointError: there is none, or it is damaged or foreign.
    """
    try:
        with safe_open(path, framework=framework) as file:
            yield file
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such checkpoint") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path}: not a readable checkpoint, damaged or foreign ({error})"
        ) from None
