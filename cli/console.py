"""Tables, progress and messages: results on stdout, everything else on stderr."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def say(message: str) -> None:
    """Print one message on stderr, where it does not disturb a pipeline."""
    err.print(message, markup=False, soft_wrap=True)


def result(value: object) -> None:
    """Print one plain line on stdout: a path, a character, a number."""
    print(value)


def as_json(value: Any) -> None:
    """Print a value as JSON on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def table(*columns: str, title: str | None = None) -> Table:
    """Return an empty table with the project's look; right-align a column by a leading '>'."""
    grid = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        right = column.startswith(">")
        grid.add_column(column.lstrip(">"), justify="right" if right else "left")
    return grid


def print_table(grid: Table) -> None:
    """Print a table on stdout, as wide as it needs to be where no terminal limits it."""
    wide = out if out.is_terminal else Console(highlight=False, width=1000)
    wide.print(grid)


def progress() -> Progress:
    """Return a progress bar on stderr; silent when stderr is not a terminal."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )


def scoring(bar: Progress) -> Callable[[int, int], None]:
    """Add the task of scoring glyphs to a bar; return what tells it how many are done."""
    task = bar.add_task("scoring", total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)


def split_words(text: str | None) -> list[str]:
    """Split a list of words at its commas; None is no word."""
    return [word.strip() for word in (text or "").split(",") if word.strip()]
