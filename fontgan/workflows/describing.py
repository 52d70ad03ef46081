"""What the methods are: their papers, settings and presets, as their docstrings have them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from fontgan import methods
from fontgan.config import field_names, plain
from fontgan.methods.base import Method
from fontgan.training.settings import load_settings, presets

_BOUNDS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_KINDS = {bool: "true or false", int: "whole number", float: "number", str: "word"}


@dataclass(frozen=True)
class MethodSetting:
    """A field of a method.

    Attributes:
        name: for ``--set method.NAME=...``.
        meaning: one sentence.
        allowed: its values, in words.
        default: the method's own; presets have theirs.
    """

    name: str
    meaning: str
    allowed: str
    default: Any


@dataclass(frozen=True)
class MethodPage:
    """What there is to know of a method before it is trained.

    Attributes:
        name: for ``--method``.
        summary: one line.
        description: what else its docstring says, paragraphs between blank lines.
        paper: where it comes from.
        pairing: how sources and targets of a batch stand to each other, or ``from noise``.
        settings: its fields, in order.
        presets: names, and the image sides that they are meant for.
    """

    name: str
    summary: str
    description: str
    paper: str
    pairing: str
    settings: tuple[MethodSetting, ...]
    presets: dict[str, int | None]


def describe_method(name: str) -> MethodPage:
    """Return what there is to know of a method.

    Raises:
        ConfigError: there is none of that name; the nearest is named.
    """
    kind = methods.find(name)
    text = inspect.cleandoc(kind.__doc__ or "").partition("\nAttributes:")[0]
    summary, _, description = text.partition("\n\n")
    return MethodPage(
        name,
        summary.replace("\n", " "),
        description.strip(),
        kind.paper,
        "from noise" if kind.reads_characters else kind.pairing,
        tuple(_settings(kind)),
        {preset: load_settings(name, preset).size for preset in presets(name)},
    )


def describe_methods() -> list[MethodPage]:
    """Return what there is to know of every method, in the order of their names."""
    return [describe_method(name) for name in methods.available()]


def _settings(kind: type[Method]) -> Iterator[MethodSetting]:
    hints, defaults = get_type_hints(kind, include_extras=True), plain(kind())
    meanings: dict[str, str] = {}
    for base in reversed(kind.__mro__):  # a method's own words go before its bases'
        meanings |= meanings_in(vars(base).get("__doc__") or "")
    for name in field_names(kind):
        yield MethodSetting(name, meanings.get(name, ""), allowed(hints[name]), defaults[name])


def meanings_in(docstring: str) -> dict[str, str]:
    """Return what a docstring's section ``Attributes:`` says of each name.

    >>> meanings_in('''A pen.
    ...
    ...     Attributes:
    ...         ink, paper: colours, one
    ...             of each.
    ...         width: in pixels.
    ... ''')
    {'ink': 'colours, one of each', 'paper': 'colours, one of each', 'width': 'in pixels'}
    """
    _, _, section = inspect.cleandoc(docstring).partition("\nAttributes:\n")
    found = {}
    for entry in re.split(r"\n(?=    \w)", "\n" + section.partition("\n\n")[0])[1:]:
        names, _, meaning = " ".join(entry.split()).partition(": ")
        for name in names.split(", "):
            found[name] = meaning.removesuffix(".")
    return found


def allowed(hint: Any) -> str:
    """Return the values that a type hint allows, in words.

    >>> from pydantic import Field
    >>> allowed(Annotated[float, Field(gt=0, le=1)]), allowed(Literal["mask", "none"])
    ('number > 0, <= 1', 'mask, none')
    """
    if get_origin(hint) is Literal:
        return ", ".join(str(value) for value in get_args(hint))
    if get_origin(hint) is not Annotated:
        return _KINDS.get(hint, "list")
    bounds = [rule for field in hint.__metadata__ for rule in getattr(field, "metadata", ())]
    words = [
        f"{sign} {getattr(rule, key):g}"
        for rule in bounds
        for key, sign in _BOUNDS.items()
        if hasattr(rule, key)
    ]
    return " ".join([allowed(get_args(hint)[0]), ", ".join(words)]).strip()
