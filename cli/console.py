"""Tables, progress and messages: results on stdout, everything else on stderr."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from fontgan.errors import ConfigError, FontganError
from fontgan.untrusted import printable

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class Grid(Table):
    """A table whose cells are texts from anywhere: shown as they are, never read as markup."""

    def add_row(self, *cells: RenderableType | None, **more: Any) -> None:
        """Add a row; plain texts are made printable, other renderables taken as they are."""
        super().add_row(*map(_shown, cells), **more)


def speak_utf8() -> None:
    """Write UTF-8 where no terminal says otherwise, and question marks where one cannot show it.

    So a pipe carries on Windows what the next command reads; bytes of paths that are no UTF-8 come
    out as they went in.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            elif stream is sys.stdout:
                stream.reconfigure(encoding="utf-8", errors="surrogateescape")


@contextmanager
def writing() -> Iterator[None]:
    """Tell a full standard output from a full disk, whose messages are alike.

    Raises:
        FontganError: standard output takes no more.
    """
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left goes nowhere
        raise FontganError(
            "standard output is full; files that the command made are complete"
        ) from None


def finish() -> None:
    """Write out what standard output still holds."""
    if sys.stdout is not None:
        with writing():
            sys.stdout.flush()


def say(message: str) -> None:
    """Print one message on stderr, where it does not disturb a pipeline."""
    shown = "\n".join(map(printable, message.split("\n")))
    err.print(shown, markup=False, soft_wrap=True)


def count(number: int, word: str) -> str:
    """Return a number and what it counts: 1 glyph, 2 glyphs."""
    return f"{number:,} {word}" + "s" * (number != 1)


def result(value: object) -> None:
    """Print one plain line on stdout: a path, a character, a number."""
    with writing():
        print(value)


def as_json(value: Any) -> None:
    """Print a value as JSON on stdout, without what a terminal would act upon."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    result(re.sub("[\x7f-\x9f]", lambda found: f"\\u{ord(found[0]):04x}", text))


def table(*columns: str, title: str | None = None) -> Grid:
    """Return an empty table with the project's look; right-align a column by a leading '>'."""
    grid = Grid(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        right = column.startswith(">")
        grid.add_column(_shown(column.lstrip(">")), justify="right" if right else "left")
    return grid


def print_table(grid: Table) -> None:
    """Print a table on stdout, as wide as it needs to be where no terminal limits it."""
    wide = out if out.is_terminal else Console(highlight=False, width=1000)
    with writing():
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


@contextmanager
def busy(what: str) -> Iterator[Callable[[str], None]]:
    """Show on a terminal that work goes on; give what changes the words beside it."""
    if not err.is_terminal:
        yield lambda now: None  # noqa: ARG005
        return
    with err.status(printable(what)) as status:
        yield lambda now: status.update(printable(now))


def scoring(bar: Progress) -> Callable[[int, int], None]:
    """Add the task of scoring glyphs to a bar; return what tells it how many are done."""
    task = bar.add_task("scoring", total=None)
    return lambda done, total: bar.update(task, completed=done, total=total)


def split_words(text: str | None) -> list[str]:
    """Split a list of words at its commas; None is no word, and a list without one an error."""
    words = [word.strip() for word in (text or "").split(",") if word.strip()]
    if text is not None and not words:
        raise ConfigError(f"a list of names is empty: {text!r}; name one, or leave it out")
    return words


def _shown(cell: RenderableType | None) -> RenderableType:
    return Text(printable(cell)) if isinstance(cell, str) else cell or ""
