"""The Typer application, and the one place that turns errors into messages and exit codes.

Exit status: 0 done, 1 could not be done (one line on stderr says why), 2 wrong usage.
"""

from __future__ import annotations

import errno
import importlib
import sys
from functools import cache

import typer

from fontgan.errors import ConfigError, FontganError

app = typer.Typer(
    name="fontgan",
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
    "render",
    "build",
    "data",
    "train",
    "infer",
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
    try:
        # A command starts a fifth sooner when the others are not loaded beside it.
        load(*[name for name in sys.argv[1:2] if name in COMMANDS])()
    except ConfigError as error:
        _fail(str(error), status=2)
    except FontganError as error:
        _fail(str(error))
    except OSError as error:
        _fail(_explain(error))


def _explain(error: OSError) -> str:
    where = f": {error.filename}" if error.filename else ""
    hints = {
        errno.ENOSPC: "the disk is full; free some space or choose another folder with -o",
        errno.EACCES: "permission denied; choose another folder or mend its permissions",
        errno.EROFS: "the file system is read-only; choose another folder with -o",
        errno.ENOENT: "no such file or folder",
        errno.ENOTDIR: "a file stands where a folder is needed",
        errno.EISDIR: "a folder stands where a file is needed",
    }
    return hints.get(error.errno or 0, error.strerror or str(error)) + where


def _fail(message: str, status: int = 1) -> None:
    print(f"fontgan: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(status)
