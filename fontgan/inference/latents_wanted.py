"""Which codes a user asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fontgan.errors import ConfigError
from fontgan.inference.latents import Codes, encoded, random_codes
from fontgan.inference.latents_file import read_codes
from fontgan.inference.model import Model

MOST_VARIED = 4.0  # times N(0, 1): beyond, nothing is a character any more


@dataclass(frozen=True)
class CodesWanted:
    """What codes a user asked for; at most one of samples, encode and code_from.

    Attributes:
        samples: so many random ones.
        vary: random ones for every character, instead of the same for all, so many times as far
            from 0 as N(0, 1) has them; None is the same for all, True is 1.
        encode: handwriting, as for `read_handwriting`; one code each.
        code_from: a codes file, or a folder that `infer` wrote.
        seed: of random codes.

    Raises:
        ConfigError: more than one of them, or fewer than one sample.
    """

    samples: int | None = None
    vary: float | bool | None = None
    encode: tuple[str | Path, ...] = ()
    code_from: str | Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        given = bool(self.encode) + (self.code_from is not None)
        if given + (self.samples is not None) > 1:
            raise ConfigError("give one of --samples, --encode and --code-from, not several")
        if self.varies is not None and given:
            raise ConfigError("--vary draws random codes; leave out --encode and --code-from")
        if self.samples is not None and self.samples < 1:
            raise ConfigError(f"samples must be 1 or more, not {self.samples}")

        if not 0 <= (self.varies or 0) <= MOST_VARIED:
            raise ConfigError(f"vary must be from 0 to {MOST_VARIED:g}, not {self.vary}")

    @property
    def varies(self) -> float | None:
        """Return how far the codes of characters differ; None where they share them."""
        return None if self.vary is None or self.vary is False else float(self.vary)

    def find(
        self,
        model: Model,
        chars: Sequence[str],
        styles: Sequence[str] = (),
        source: str | Path | None = None,
    ) -> Codes | None:
        """Return the codes; None where none were asked for.

        Args:
            model: with codes.
            chars: those to be drawn.
            styles: those to be drawn.
            source: the source face asked for.

        Raises:
            FontganError: a method without codes, no such handwriting, or no codes of this model.
        """
        if self.encode:
            return encoded(model, self.encode, styles, source)
        if self.code_from is not None:
            return read_codes(self.code_from, model)
        if self.varies is not None:
            codes = random_codes(model.coded.z_size, self.samples or 1, self.seed, chars)
            return replace(codes, z=self.varies * codes.z)
        if self.samples is not None:
            return random_codes(model.coded.z_size, self.samples, self.seed)
        return None
