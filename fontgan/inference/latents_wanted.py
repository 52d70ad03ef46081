"""Which codes a user asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fontgan.errors import ConfigError
from fontgan.inference.latents import Codes, encoded, random_codes
from fontgan.inference.latents_file import read_codes
from fontgan.inference.model import Model


@dataclass(frozen=True)
class CodesWanted:
    """What codes a user asked for; at most one of samples, encode and code_from.

    Attributes:
        samples: so many random ones.
        vary: random ones for every character, instead of the same for all.
        encode: handwriting, as for `read_handwriting`; one code each.
        code_from: a codes file, or a folder that `infer` wrote.
        seed: of random codes.

    Raises:
        ConfigError: more than one of them, or fewer than one sample.
    """

    samples: int | None = None
    vary: bool = False
    encode: tuple[str | Path, ...] = ()
    code_from: str | Path | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        given = bool(self.encode) + (self.code_from is not None)
        if given + (self.samples is not None) > 1:
            raise ConfigError("give one of --samples, --encode and --code-from, not several")
        if self.vary and given:
            raise ConfigError("--vary draws random codes; leave out --encode and --code-from")
        if self.samples is not None and self.samples < 1:
            raise ConfigError(f"samples must be 1 or more, not {self.samples}")

    def find(self, model: Model, chars: Sequence[str]) -> Codes | None:
        """Return the codes; None where none were asked for.

        Raises:
            FontganError: a method without codes, no such handwriting, or no codes of this model.
        """
        if self.encode:
            return encoded(model, self.encode)
        if self.code_from is not None:
            return read_codes(self.code_from, model)
        if self.vary:
            return random_codes(model.coded.z_size, self.samples or 1, self.seed, chars)
        if self.samples is not None:
            return random_codes(model.coded.z_size, self.samples, self.seed)
        return None
