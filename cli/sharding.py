"""The option `--shard`, which several commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fontgan.store.shard import Shard as Share

Shard = Annotated[
    str | None,
    typer.Option(
        metavar="I/N",
        help="Do only the I-th of N shares, which other processes or machines complete.",
    ),
]


def parse_shard(text: str | None) -> Share | None:
    """Read the option.

    Raises:
        ConfigError: it is no I/N, or I is not from 1 to N.
    """
    if text is None:
        return None
    from fontgan.store.shard import Shard

    return Shard.parse(text)
