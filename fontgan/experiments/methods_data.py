"""What each method is compared on: data of its kind, and the stage that is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from fontgan.config import Table
from fontgan.data.task import Task
from fontgan.errors import ConfigError
from fontgan.experiments.recipes import Ablation, DataRecipe, Recipe, Stage, load_recipe
from fontgan.experiments.records import read_record
from fontgan.experiments.staging import Bench
from fontgan.methods.base import CodedMethod, Method
from fontgan.training.pace import Event
from fontgan.training.settings import load_settings

NAME, PRESET = "methods", "compact"
DESCRIPTION = "every method's compact preset, equally long on the same hands"

HANDS = DataRecipe(
    source="noto-sans-sc",
    styles=(
        *("long-cang", "xiaolai", "lxgw-marker-gothic"),
        *("ma-shan-zheng", "zhi-mang-xing", "liu-jian-mao-cao"),
    ),
    chars="common-1000",
    size=64,
)
TWO_HANDS = replace(HANDS, styles=("xiaolai", "ma-shan-zheng"))


def letters() -> DataRecipe:
    """Return the letters of the published Latin experiment, one in ten of each hand held out."""
    return replace(load_recipe("latin-bicyclegan").data, splits=("pair",))


@dataclass(frozen=True)
class Entry:
    """A method in the comparison.

    Attributes:
        method: its name.
        field: what it learns from, and how: ``hands``; ``two-hands``, without pairs; ``letters``,
            drawn out of noise; ``inferred``, letters whose codes are found.
        bench: its data, and the stage that is trained.
    """

    method: str
    field: str
    bench: Bench

    @property
    def stage(self) -> Stage:
        """The one stage."""
        return self.bench.recipe.stages[0]

    @property
    def place(self) -> str:
        """The folder of the data, in that of the experiment."""
        shown = "letters" if self.field == "inferred" else self.field
        return f"data/{shown}-{self.bench.recipe.data.size}"

    @property
    def folder(self) -> Path:
        """The folder of the run."""
        return self.bench.folder / self.method

    @property
    def record(self) -> Table:
        """What is known of the run; empty before it is finished."""
        record = read_record(self.folder)
        return record if "whole" in record else {}


def entry_of(
    name: str,
    folder: Path,
    device: str,
    jobs: int,
    say: Callable[[str], None],
    tell: Callable[[Event], None] = lambda event: None,  # noqa: ARG005
) -> Entry:
    """Return a method's place in the comparison."""
    settings = load_settings(name, PRESET)
    field = _field(settings.method)
    data = {"hands": HANDS, "two-hands": TWO_HANDS}.get(field) or letters()
    data = replace(data, size=settings.size or data.size)
    stage = Stage(name, name, PRESET, styles=_styles(name, Task(data.size, data.styles)))
    recipe = Recipe(NAME, "quick", DESCRIPTION, "", data, (stage,), Ablation())
    return Entry(name, field, Bench(recipe, folder, (), device, jobs, say, tell))


def _field(method: Method) -> str:
    """Return what a method learns from; a code cannot be all of one of a thousand characters."""
    if method.reads_characters:
        return "letters"
    if method.pairing == "paired":
        return "hands"
    return "inferred" if isinstance(method, CodedMethod) and method.whole else "two-hands"


def _styles(name: str, task: Task) -> tuple[str, ...]:
    """Return the first style alone for a method that knows no more than one; else none."""
    method = load_settings(name, PRESET).method
    with torch.device("meta"):  # networks without weights
        try:
            method.networks(task)
        except ConfigError:
            method.networks(replace(task, styles=task.styles[:1]))
            return task.styles[:1]
    return ()
