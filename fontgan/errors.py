"""The errors a user can meet. Each message says what is wrong and what to do, in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FontganError(Exception):
    """Base of every error a user can meet; the command line prints it and exits with status 1."""


class FontError(FontganError):
    """A font that cannot be found, read or drawn."""


class CharsetError(FontganError):
    """A character set that cannot be found or holds nothing usable."""


class DataError(FontganError):
    """A data set that is missing, damaged, unfinished or of another version."""


class CheckpointError(FontganError):
    """A checkpoint that is missing, damaged, foreign or does not fit."""


class ConfigError(FontganError):
    """A setting that is unknown or has an impossible value."""


class TrainingError(FontganError):
    """A training run that cannot go on, for example because a loss is not finite."""


class FormError(FontganError):
    """A form, or a photograph of one, that cannot be read or is another."""


class QualityError(FontganError):
    """A score that is worse than the limit that the user set."""


class MissingDependencyError(FontganError):
    """A program or optional package that is needed and not installed."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint that names the known name nearest to ``name``, or lists a few of them.

    >>> nearest("long-cag", ["long-cang", "xiaolai"])
    'did you mean long-cang?'
    >>> nearest("q", ["a", "b"])
    'known: a, b'
    """
    names = list(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]}?"
    if not names:
        return "none is known"
    shown = ", ".join(names[:12])
    return f"known: {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
