"""What a user asks of a data set, as one value: the one place that lists its options."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict, Unpack, get_args

from fontgan.errors import ConfigError
from fontgan.glyphs.canvas import Canvas, Fit
from fontgan.glyphs.charset import Charset
from fontgan.store.split import Split


class DataOptions(TypedDict, total=False):
    """The options of a data set, as a caller may write them; `DataRequest` says what they are."""

    size: int
    fit: Fit
    margin: float
    holdout: float
    split: Split
    held_out_styles: Sequence[str]
    chars_of: Mapping[str, str | Charset]
    seed: int
    images: Iterable[str | Path]


@dataclass(frozen=True)
class DataRequest:
    """A data set that is wanted. Everything here decides what is in it.

    Attributes:
        source: the font that glyphs are translated from.
        targets: the fonts of the styles, in their order; ``name=font`` names the style.
        chars: the characters wanted.
        size: side of the images in pixels, 32 to 512.
        fit: how glyphs are placed, see `fontgan.glyphs.canvas.Canvas`.
        margin: share of the side left free on each side, 0 to 0.4.
        holdout: the share kept from training: of the characters, in every style, or of the pairs.
        split: hold out by ``character``; or by ``pair``, as some papers do, so that the character
            of a held-out glyph is seen in other styles.
        held_out_styles: names of styles kept from training altogether.
        chars_of: styles that draw only some of the characters, and which.
        seed: decides what is held out.
        images: folders of images that are styles too, ``folder`` or ``name=folder``.
    """

    source: str
    targets: tuple[str, ...]
    chars: tuple[str, ...]
    size: int = 128
    fit: Fit = "em"
    margin: float = 0.05
    holdout: float = 0.1
    split: Split = "character"
    held_out_styles: tuple[str, ...] = ()
    chars_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seed: int = 0
    images: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _ = self.canvas
        if self.split not in get_args(Split):
            raise ConfigError(f"split is character or pair, not {self.split!r}")

    @classmethod
    def of(
        cls,
        source: str | Path,
        targets: Sequence[str | Path],
        chars: str | Charset,
        **options: Unpack[DataOptions],
    ) -> DataRequest:
        """Make a request of what a user writes: paths, and characters as a specification.

        Raises:
            CharsetError: no such character set.
            ConfigError: a canvas or a split that there is not.
        """
        limits = options.get("chars_of") or {}
        made: dict[str, Any] = {
            "held_out_styles": tuple(options.get("held_out_styles", ())),
            "chars_of": {style: Charset.wanted(some).chars for style, some in limits.items()},
            "images": tuple(map(str, options.get("images", ()))),
        }
        wanted = Charset.wanted(chars).chars
        return cls(str(source), tuple(map(str, targets)), wanted, **{**options, **made})

    @cached_property
    def canvas(self) -> Canvas:
        """How glyphs are drawn.

        Raises:
            ConfigError: there is no such canvas.
        """
        return Canvas(self.size, self.fit, self.margin)
