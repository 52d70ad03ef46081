"""Latent codes to draw with: random ones, and those of given handwriting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fontgan.errors import CheckpointError, ConfigError
from fontgan.glyphs.charset import Charset
from fontgan.inference.handwriting import Handwriting, read_handwriting
from fontgan.inference.model import Model
from fontgan.inference.sources import Sources
from fontgan.methods.base import VectorMethod

_BATCH = 64  # glyphs encoded at once; fixed, so that a code does not depend on it


@dataclass(frozen=True)
class Codes:
    """N codes, one a sample.

    Attributes:
        z: (N, Z), shared by all characters; or (N, C, Z), one a character.
        names: whose handwriting each is the code of; empty for random ones.
    """

    z: Tensor
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.z)

    @property
    def varied(self) -> bool:
        """Whether every character has codes of its own."""
        return self.z.dim() == 3

    @property
    def labels(self) -> list[str]:
        """Return a name for each, for sheets."""
        return [name or f"sample {number}" for number, name in enumerate(self.names, start=1)]

    def part(self, sample: int, places: Sequence[int]) -> Tensor:
        """Return a sample's codes (B, Z) of the characters at B places."""
        z = self.z[sample]
        return z[list(places)] if self.varied else z.expand(len(places), -1)

    def numbers(self, sample: int, place: int = 0) -> list[float]:
        """Return a code as plain numbers, with the digits that a 32-bit float has."""
        z = self.z[sample, place] if self.varied else self.z[sample]
        return [float(f"{value:.9g}") for value in z.tolist()]


def random_codes(
    z_size: int, samples: int, seed: int = 0, chars: Sequence[str] | None = None
) -> Codes:
    """Draw codes from N(0, 1): the same for all characters, or with ``chars`` one for each of them.

    A code depends on the seed, the sample's number and the character, on nothing else that is
    drawn: sample 2 of 永 is the same alone and among thousands.
    """
    if chars is None:
        z = np.stack([_normal(z_size, seed, sample) for sample in range(samples)])
    else:
        z = np.empty((samples, len(chars), z_size), np.float32)
        for sample in range(samples):
            for place, char in enumerate(chars):
                z[sample, place] = _normal(z_size, seed, sample, ord(char))
    return Codes(torch.from_numpy(z), ("",) * samples)


def encoded(
    model: Model,
    handwriting: Sequence[str | Path],
    styles: Sequence[str] = (),
    source: str | Path | None = None,
) -> Codes:
    """Return the code of each given handwriting: the mean over its glyphs.

    Args:
        model: with codes.
        handwriting: as for `read_handwriting`.
        styles: a model that moves a pen finds a code of its one hand among these.
        source: as for `Sources.of`.

    Raises:
        FontganError: a method without codes, no such handwriting, or a code that is not finite.
    """
    _ = model.coded  # says so before any image is looked for
    names, means = [], []
    for what in handwriting:
        written = read_handwriting(what, model.header)
        if isinstance(model.method, VectorMethod):
            codes = _of_hand(model, written, styles, source)
        else:
            codes = _in_batches(model, written)
        names.append(written.name)
        means.append(codes.double().mean(dim=0).float())
        if not means[-1].isfinite().all():
            raise CheckpointError(f"the code of {what} is not finite; try another checkpoint")
    return Codes(torch.stack(means), tuple(names))


def _in_batches(model: Model, written: Handwriting) -> Tensor:
    starts = range(0, len(written.glyphs), _BATCH)
    return torch.cat([model.encode(written.glyphs[start : start + _BATCH]) for start in starts])


def _of_hand(
    model: Model, written: Handwriting, styles: Sequence[str], source: str | Path | None
) -> Tensor:
    """Return the codes with which a hand of the model comes nearest to what was written."""
    if len(styles) != 1:
        raise ConfigError(
            f"--encode looks how one hand wrote something, not {len(styles)}; name it with --style"
        )
    if not all(written.chars):
        raise ConfigError(
            f"{written.name}: which character is this? name the image by it, like 永.png"
        )
    some = written.chars[: 2 * _BATCH]
    sources = Sources.of(model.header, Charset("written", tuple(some)), source)
    rows = [written.chars.index(char) for char in sources.chars]
    prints, hands = sources.draw(sources.chars), list(styles) * len(rows)
    return model.encode_written(written.glyphs[rows], prints, hands, sources.chars)


def _normal(z_size: int, *seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(z_size, np.float32)
