"""Options that took another option for their value, because the value was left out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any


def check_values(command: Any, words: Sequence[str]) -> None:
    """Refuse ``--targets --chars ascii``, which would be read as a target called ``--chars``.

    Args:
        command: the command, or the group of commands, that the words are for.
        words: of the command line.

    Raises:
        ConfigError: an option has no value.
    """
    from fontgan.errors import ConfigError

    rest = list(words)
    while getattr(command, "commands", None) and rest and rest[0] in command.commands:
        command = command.commands[rest.pop(0)]
    options = {name: one for one in command.params for name in getattr(one, "opts", ())}
    for word, after in pairwise(rest):
        if word == "--":
            return
        option = options.get(word)
        takes = option is not None and option.param_type_name == "option" and not option.is_flag
        if takes and after.startswith("--") and after in options:
            raise ConfigError(f"{word} needs a value, and {after} is the next option")
