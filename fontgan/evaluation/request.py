"""Which glyphs are to be scored, as one value; no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fontgan.errors import ConfigError
from fontgan.store.shard import Shard

if TYPE_CHECKING:
    from fontgan.data.pairs import Part


@dataclass(frozen=True)
class ScoreRequest:
    """What shall be scored of a run, or of a folder of drawn glyphs.

    Attributes:
        data: the data set with the truths; default the one the run was trained on.
        part: ``held-out`` or ``train``; default ``held-out`` for a run, all for a folder.
        styles: only these; default all that the model knows.
        sheet: also write a source | generated | truth sheet of a run to this file.
        report: also write a page to this file.
        device: where a run draws.
        shard: only this share of the glyphs.
        mend: mend what a run draws.
    """

    data: str | Path | None = None
    part: Part | None = None
    styles: Sequence[str] = ()
    sheet: str | Path | None = None
    report: str | Path | None = None
    device: str = "auto"
    shard: Shard | None = None
    mend: bool = False

    def __post_init__(self) -> None:
        if self.part not in (None, "held-out", "train"):
            raise ConfigError(f"--part {self.part}: it is held-out or train")
        if self.shard and (self.sheet or self.report):
            raise ConfigError(
                "a shard makes no sheet and no report; call once more without --shard"
            )
