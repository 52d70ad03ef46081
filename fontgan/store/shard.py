"""A share of a piece of work that several processes or machines do together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from fontgan.errors import ConfigError

Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard:
    """Share ``number`` of ``count``: every ``count``-th item, so that shares are alike.

    Shares are disjoint, together they are everything, and an item's share depends on nothing but
    its place.

    Raises:
        ConfigError: no number from 1 to ``count``.

    >>> Shard(2, 3).of("abcdefg")
    ['b', 'e']
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise ConfigError(
                f"shard {self.number}/{self.count}: there is none; shards are 1/N to N/N"
            )

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``I/N``.

        Raises:
            ConfigError: that is no I/N, or I is not from 1 to N.
        """
        match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if not match:
            raise ConfigError(f"shard {text}: write I/N, like 2/8: the second share of eight")
        return cls(int(match[1]), int(match[2]))

    def places(self, total: int) -> range:
        """Return the places of the share's items among ``total``."""
        return range(self.number - 1, total, self.count)

    def of(self, items: Sequence[Item]) -> list[Item]:
        """Return the share's items."""
        return [items[place] for place in self.places(len(items))]

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"
