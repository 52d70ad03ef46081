"""What a font is to be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fontgan.errors import ConfigError
from fontgan.glyphs.charset import Charset

CHARS = "gb2312+ascii+cjk-punct"
VARIED = "common-500+alnum62"
MOST_FORMS = 5


@dataclass(frozen=True)
class FontWanted:
    """What a font is to be.

    Attributes:
        style: name or number of the hand; default the only one, or the one that `adapt` added.
        chars: a charset or its specification.
        family: the font's name; default that of the first file.
        source: the source font; default the one of the training.
        written: folder of written originals; default those the hand was trained with.
        keep_written: use them.
        alternates: forms of a character, 1 to 5: further written copies, then what a model draws
            that knows how its hands vary.
        varied: the characters that get them.
        random: also the feature ``rand``.
        append_to: a TTF that gets what it lacks.
        seed: of the noise of methods that draw any.
    """

    style: str | None = None
    chars: str | Charset = CHARS
    family: str | None = None
    source: str | Path | None = None
    written: str | Path | None = None
    keep_written: bool = True
    alternates: int = 1
    varied: str | Charset = VARIED
    random: bool = False
    append_to: str | Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.alternates <= MOST_FORMS:
            raise ConfigError(f"--alternates {self.alternates}: give 1 to {MOST_FORMS}")
        if self.append_to is not None and self.alternates > 1:
            raise ConfigError("--alternates changes a font's features; leave it out or --append-to")
