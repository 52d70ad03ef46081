"""Experiments as TOML files: what data, which stages of training, which variants to compare.

The shipped ones are in ``fontgan/experiments``; a file of one's own has the same sections::

    description = "one line"
    published = "what was published, and what of it is done here"

    [data]              # source, styles, chars, chars_of, size, fit, holdout, splits, seed
    [[stages]]          # name, method, preset, settings, iterations, minutes, start, styles, freeze
    [ablation]          # iterations, settings, seeds, split, and what its data have different
    [[variants]]        # name, settings, question; the first is what the others are held against

    [quick.data]        # [quick.*] and [full.*] say what a form has different; their lists replace
    [[quick.stages]]    # those above
    [quick.ablation]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from fontgan.config import Table, fill, merge, plain, read_toml
from fontgan.errors import ConfigError, nearest
from fontgan.store.split import Split

Form = Literal["quick", "full"]
SHIPPED = resources.files("fontgan") / "experiments"


@dataclass(frozen=True)
class DataRecipe:
    """A data set, as `build` makes it.

    Attributes:
        source: font that glyphs are translated from.
        styles: fonts of the styles.
        chars: characters, as a specification.
        chars_of: styles that draw only some of them, and which.
        size: side of the images in pixels.
        fit: how a glyph fills its image, as for `build`.
        holdout: share of the characters, or of the pairs, held out.
        splits: a data set is made and a model trained for each of these.
        seed: decides what is held out; the same for all seeds of training.
    """

    source: str
    styles: tuple[str, ...]
    chars: str
    size: Annotated[int, Field(ge=32, le=512)]
    fit: Literal["em", "ink"] = "em"
    chars_of: dict[str, str] = field(default_factory=dict)
    holdout: Annotated[float, Field(gt=0, le=0.9)] = 0.1
    splits: tuple[Split, ...] = ("character",)
    seed: Annotated[int, Field(ge=0)] = 0


@dataclass(frozen=True)
class Stage:
    """One training run.

    Attributes:
        name: of the stage and its folder.
        method: name of the method.
        preset: its settings to start from.
        settings: ``key=value`` words over them.
        iterations: how many; 0 is as long as the settings say.
        minutes: most minutes for it; 0 is as long as it takes.
        start: name of an earlier stage to start from.
        styles: train only on these, and score only these.
        freeze: networks that do not move.
    """

    name: str
    method: str
    preset: str
    settings: tuple[str, ...] = ()
    iterations: Annotated[int, Field(ge=0)] = 0
    minutes: Annotated[float, Field(ge=0)] = 0
    start: str = ""
    styles: tuple[str, ...] = ()
    freeze: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ablation:
    """How variants of the first stage are compared: equal data, iterations and seeds.

    Attributes:
        iterations: of each run.
        settings: ``key=value`` words for all variants, over those of the stage.
        seeds: how many seeds.
        split: of the data.
        data: what of `DataRecipe` differs, so that many runs take little time.
    """

    iterations: Annotated[int, Field(ge=1)] = 1000
    settings: tuple[str, ...] = ()
    seeds: Annotated[int, Field(ge=1)] = 3
    split: Split = "character"
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Variant:
    """One thing changed.

    Attributes:
        name: of the variant and its folder.
        settings: ``key=value`` words that make the change; none for the base.
        question: what the comparison with the base answers.
    """

    name: str
    settings: tuple[str, ...] = ()
    question: str = ""


@dataclass(frozen=True)
class Recipe:
    """One form of an experiment.

    Attributes:
        name: of the experiment.
        form: ``quick``, for two CPU cores, or ``full``, for a GPU.
        description: one line.
        published: what was published, and what of it is done here.
        data: what is drawn.
        stages: what is trained, in order.
        ablation: how variants are compared.
        variants: what is compared; the first is the base. None for experiments without.
    """

    name: str
    form: Form
    description: str
    published: str
    data: DataRecipe
    stages: tuple[Stage, ...]
    ablation: Ablation
    variants: tuple[Variant, ...] = ()

    @property
    def for_ablation(self) -> Recipe:
        """The recipe with the data of its ablation."""
        table = {**plain(self.data), **self.ablation.data}
        return replace(self, data=_data(table, f"{self.name}: ablation.data"))

    def variant(self, name: str) -> Variant:
        """Return a variant by name; an unknown one is an error that names the nearest."""
        for variant in self.variants:
            if variant.name == name:
                return variant
        known = [variant.name for variant in self.variants]
        raise ConfigError(f"{self.name} has no variant {name!r}; {nearest(name, known)}")


def experiments() -> dict[str, str]:
    """Return the shipped experiments, each with its line."""
    files = sorted(file.name for file in SHIPPED.iterdir() if file.name.endswith(".toml"))
    names = [file.removesuffix(".toml") for file in files]
    return {name: str(_read(name)[1].get("description", "")) for name in names}


def load_recipe(name: str, form: Form = "full") -> Recipe:
    """Read a form of an experiment.

    Args:
        name: of a shipped experiment, or a TOML file.
        form: ``quick`` or ``full``.

    Raises:
        ConfigError: no such experiment, or something in it that makes no sense.
    """
    title, table = _read(name)
    forms = {key: table.pop(key, {}) for key in ("quick", "full")}
    lists = {"stages", "variants"}
    sections: dict[str, Any] = {"description": str, "published": str, "data": DataRecipe}
    sections |= {"stages": Stage, "ablation": Ablation, "variants": Variant}
    table = merge(table, forms[form])
    for key, value in table.items():
        if key not in sections:
            raise ConfigError(f"{title}: {key}: no such section; {nearest(key, sections)}")
        kind = list if key in lists else str if sections[key] is str else Mapping
        if not isinstance(value, kind):
            raise ConfigError(f"{title}: {key} is not what it should be; see the shipped files")
    recipe = Recipe(
        name=title,
        form=form,
        description=table.get("description", ""),
        published=table.get("published", "").strip(),
        data=_data(table.get("data", {}), f"{title}: data"),
        stages=tuple(_items(Stage, table.get("stages", []), f"{title}: stages")),
        ablation=fill(Ablation, table.get("ablation", {}), f"{title}: ablation"),
        variants=tuple(_items(Variant, table.get("variants", []), f"{title}: variants")),
    )
    _check(recipe)
    _ = recipe.for_ablation  # wrong data there are an error here
    return recipe


def _read(name: str) -> tuple[str, Table]:
    """Return the name and the table of an experiment."""
    shipped = SHIPPED / f"{name}.toml"
    if "/" not in name and shipped.is_file():
        with resources.as_file(shipped) as file:
            return name, read_toml(file)
    if name.endswith(".toml"):
        return Path(name).stem, read_toml(name)
    files = (file.name for file in SHIPPED.iterdir())
    known = (file.removesuffix(".toml") for file in files if file.endswith(".toml"))
    raise ConfigError(f"no experiment {name!r}; {nearest(name, sorted(known))}")


def _data(table: Mapping[str, Any], where: str) -> DataRecipe:
    lacking = [key for key in ("source", "styles", "chars", "size") if key not in table]
    if lacking:
        raise ConfigError(f"{where} lacks {', '.join(lacking)}")
    return fill(DataRecipe, table, where)


def _items(kind: type[Any], tables: Sequence[Table], where: str) -> list[Any]:
    items = []
    needed = ("name", "method", "preset") if kind is Stage else ("name",)
    for number, table in enumerate(tables, start=1):
        place = f"{where} {table.get('name', number)}"
        lacking = [key for key in needed if key not in table]
        if lacking:
            raise ConfigError(f"{place} lacks {', '.join(lacking)}")
        items.append(fill(kind, table, place))
    return items


def _check(recipe: Recipe) -> None:
    """Refuse an experiment without stages or splits, and names that cannot be folders."""
    if not recipe.stages or not recipe.data.splits:
        raise ConfigError(f"{recipe.name} ({recipe.form}) has no stage or no split")
    for things in (recipe.stages, recipe.variants):
        seen: list[str] = []
        for thing in things:
            name = thing.name
            if name in ("", "all", *seen) or name[0] == "." or set(name) & set("/\\,: "):
                raise ConfigError(f"{recipe.name}: {name!r} is no name for a stage or variant")
            if isinstance(thing, Stage) and thing.start and thing.start not in seen:
                raise ConfigError(
                    f"{recipe.name}: stage {name} starts from {thing.start!r}, which is none before"
                )
            seen.append(name)
