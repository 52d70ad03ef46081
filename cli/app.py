"""The Typer application, and the one place that turns errors into messages and exit codes.

Exit status: 0 done, 1 could not be done (one line on stderr says why), 2 wrong usage.
"""

from __future__ import annotations

import errno
import importlib
import re
import sys
from functools import cache
from typing import Any

import typer
from typer.core import TyperGroup

from fontgan.errors import ConfigError, FontganError
from fontgan.processes import exit_status, interruptible
from fontgan.untrusted import printable

from . import console
from .values import check_values

_LONGEST = 1_200  # characters of a message
_MEMORY = "not enough memory for this; smaller networks, images or batches need less"
_ALLOCATOR = re.compile(r"DefaultCPUAllocator|\w+ out of memory")  # torch: no type


class _Commands(TyperGroup):
    """The commands; words of the command line are shown as a terminal may show them."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = printable(error.message)
            raise


app = typer.Typer(
    name="fontgan",
    cls=_Commands,
    help="Turn a print font into handwriting.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

# Each module adds its command(s) to the application with its own `register(app)`. They import the
# library inside the command, so that `fontgan --help` does not pay for it.
COMMANDS = (
    "demo",
    "fonts",
    "charset",
    "strokes",
    "form",
    "scan",
    "adapt",
    "font",
    "render",
    "build",
    "data",
    "methods",
    "train",
    "vary",
    "infer",
    "write",
    "export",
    "evaluate",
    "compare",
    "protocol",
    "sheet",
    "experiment",
    "bench",
)


def _version(show: bool) -> None:
    if show:
        from fontgan import __version__

        typer.echo(f"fontgan {__version__}")
        raise typer.Exit


@app.callback()
def _global(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Turn a print font into handwriting."""


def load(*names: str) -> typer.Typer:
    """Return the application with the commands of some modules, or of all."""
    for name in names or COMMANDS:
        _register(name)
    return app


@cache
def _register(name: str) -> None:
    importlib.import_module(f".{name}", __package__).register(app)


def main() -> None:
    """Run the command line; every error a user can meet ends as one line on stderr."""
    console.speak_utf8()
    with interruptible():
        sys.exit(_status())


def _status() -> int | str | None:
    try:
        status = _run()
        console.finish()
        return status
    except ConfigError as error:
        return _fail(str(error), status=2)
    except FontganError as error:
        return _fail(str(error))
    except BrokenPipeError:
        sys.stdout = None  # who read it is gone
        return 1
    except OSError as error:
        return _fail(_explain(error))
    except MemoryError:
        return _fail(_MEMORY)
    except RecursionError:
        return _fail("something is nested too deeply in a file that was read")
    except RuntimeError as error:
        if not _ALLOCATOR.search(str(error)):
            raise
        return _fail(_MEMORY)
    except UnicodeEncodeError as error:
        return _fail(f"{error.object[:200]!r} cannot be written as text; rename it")
    except KeyboardInterrupt as stopped:
        say = "interrupted; nothing is half-written, and the same command can be given again"
        return _fail(say, exit_status(stopped))


def _run() -> int | str | None:
    """Run the command; return its exit status."""
    try:
        # A command starts a fifth sooner when the others are not loaded beside it.
        load(*[name for name in sys.argv[1:2] if name in COMMANDS])
        check_values(typer.main.get_command(app), sys.argv[1:])
        app()
    except SystemExit as left:
        stopped = left.__context__ and left.__context__.__cause__
        if isinstance(stopped, KeyboardInterrupt):  # Typer makes an exit of it, without a word
            raise stopped from None
        return left.code
    return 0


def _explain(error: OSError) -> str:
    where = f": {error.filename}" if error.filename else ""
    hints = {
        errno.ENOSPC: "the disk is full; free some space or choose another folder with -o",
        errno.EACCES: "permission denied; choose another folder or mend its permissions",
        errno.EROFS: "the file system is read-only; choose another folder with -o",
        errno.ENOENT: "no such file or folder",
        errno.EEXIST: "a file stands where a folder is needed",
        errno.ENOTDIR: "a file stands where a folder is needed",
        errno.EISDIR: "a folder stands where a file is needed",
    }
    return hints.get(error.errno or 0, error.strerror or str(error)) + where


def _fail(message: str, status: int = 1) -> int:
    """Print one line on stderr, fit for a terminal and no longer than one reads."""
    line = re.sub(r"\S{300,}", lambda long: f"{long[0][:140]}...{long[0][-60:]}", message)
    line = " ".join(printable(word) for word in line.split())
    line = line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."
    if sys.stderr is not None:
        print(f"fontgan: {line}", file=sys.stderr)
    return status
