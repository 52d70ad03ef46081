"""What methods ask of a data set: sizes that they can halve, one hand or several."""

from __future__ import annotations

import math

from fontgan.data.batch import Task
from fontgan.errors import ConfigError
from fontgan.limits import LEAST_SIDE, SIDE


def check_halvings(size: int, smallest: int, fewer: str) -> None:
    """Raise if images of a side are no power of two, or too small for discriminators.

    Args:
        size: the side.
        smallest: the smallest side that they can look at.
        fewer: which settings make that smaller.

    Raises:
        ConfigError: it says what to do.
    """
    doubles = math.log2(size).is_integer()
    if doubles and size >= smallest:
        return
    if smallest > SIDE:
        raise ConfigError(
            f"these discriminators halve images too often: they would need {smallest} px, "
            f"and {SIDE} is the most; {fewer}"
        )
    drawn = max(smallest, LEAST_SIDE)
    raise ConfigError(
        f"with these discriminators this method draws {drawn} px or a power of two "
        f"above it, not {size} px; build the data with --size {drawn}"
        + (f", or {fewer}" if doubles else "")
    )


def check_halved(task: Task, last: int = 4) -> None:
    """Raise if images cannot be halved down to so many pixels, or are below 16.

    Raises:
        ConfigError: it names sizes that can.
    """
    if task.size & (task.size - 1) or task.size < 16:
        raise ConfigError(
            f"this method halves images down to {last} px, which {task.size} px do not allow; "
            "build the data with --size 32 or 64"
        )


def check_one_hand(task: Task, method: str, setting: str) -> None:
    """Raise if a data set has several styles where a method as published knows one.

    Raises:
        ConfigError: it names the setting by which several can be trained.
    """
    if len(task.styles) > 1:
        raise ConfigError(
            f"{method} as published knows one hand, and the data set has {len(task.styles)}: "
            f"train one with --styles NAME, or set {setting}"
        )


def check_several(task: Task, term: str) -> None:
    """Raise if a data set has one style, and a term is to tell styles apart.

    Raises:
        ConfigError: it says what to set.
    """
    if len(task.styles) < 2:
        raise ConfigError(
            f"{term} tells styles apart and the data set has one; set {term} to 0, or build the "
            "data with more --targets"
        )
