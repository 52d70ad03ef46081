"""Which pairs a batch is made of: a rule of the method's, of seed and iteration alone.

A run that goes on after an interruption, and each process of a group, asks for an iteration's batch
and gets the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fontgan.data.pairs import Chosen, PairDataset
from fontgan.data.task import Pairing
from fontgan.errors import DataError

SOURCES, STYLES, REFERENCES = 1, 2, 3  # streams of random numbers beside the order of pairs
HIDDEN = 2  # characters that references must not be of: the source's and the target's


class Shuffle:
    """An endless shuffled order of pairs, the same for a seed, interrupted or not.

    Every epoch is a new permutation; batches run across the border of two epochs, so that all are
    full.
    """

    def __init__(self, pairs: int, batch_size: int, seed: int) -> None:
        self.pairs = pairs
        self.batch_size = batch_size
        self.seed = seed
        self._cached: tuple[int, NDArray[np.int64]] | None = None

    def batch(self, iteration: int) -> NDArray[np.int64]:
        """Return the pairs (B,) of an iteration, counted from 0."""
        places = iteration * self.batch_size + np.arange(self.batch_size)
        return np.array([self._epoch(p // self.pairs)[p % self.pairs] for p in places.tolist()])

    def epoch(self, iteration: int) -> int:
        """Return the epoch in which an iteration starts, counted from 0."""
        return iteration * self.batch_size // self.pairs

    def _epoch(self, number: int) -> NDArray[np.int64]:
        if self._cached is None or self._cached[0] != number:
            order = np.random.default_rng([self.seed, number]).permutation(self.pairs)
            self._cached = (number, order)
        return self._cached[1]


@dataclass(frozen=True)
class Sampling:
    """The rule by which a method's batches are chosen.

    Attributes:
        pairs: what is chosen from.
        batch_size: B.
        seed: of all choices.
        pairing: ``paired``, each source with its own target; ``unpaired``, targets in shuffled
            order beside sources of other characters; ``one_pair``, likewise, but all targets of a
            batch in one style, chosen anew for each: one pair of source face and style
            (ComboGAN, Anoosheh et al. 2018, section 3.1).
        references: number K of glyphs in the target's style, of other characters than the source's
            and the target's.

    Raises:
        DataError: the data set has one character where two are needed, or a style too few for
            references.
    """

    pairs: PairDataset
    batch_size: int
    seed: int
    pairing: Pairing = "paired"
    references: int = 0

    def __post_init__(self) -> None:
        """Check that there are other characters, if any are needed, before anything is trained."""
        if self.pairing != "paired" and len(self._chars) < 2:
            raise DataError(
                "a method that learns without pairs needs two characters or more; build the data "
                "with more --chars"
            )
        for style in self.pairs.styles if self.references else ():
            if len(self.pairs.of_style(style)) < HIDDEN + 1:
                raise DataError(
                    f"style {self.pairs.style_names[style]} has no character left for references, "
                    "as a method that learns by examples needs them; give it three or more"
                )

    def batch(self, iteration: int) -> Chosen:
        """Return what is chosen for an iteration, counted from 0."""
        target = self._targets(iteration)
        source = target if self.pairing == "paired" else self._sources(iteration, target)
        chosen = Chosen.paired(target)
        chosen = replace(chosen, source=source)
        if self.references:
            chosen = replace(chosen, references=self._references(iteration, chosen))
        return chosen

    @cached_property
    def _order(self) -> Shuffle:
        return Shuffle(len(self.pairs), self.batch_size, self.seed)

    @cached_property
    def _chars(self) -> set[str]:
        faces = (self.pairs.store.styles[face.face].chars for face in self.pairs.faces)
        rows = (face.rows.tolist() for face in self.pairs.faces)
        return {chars[row] for chars, some in zip(faces, rows, strict=True) for row in some}

    def _random(self, stream: int, iteration: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, iteration, stream])

    def _targets(self, iteration: int) -> NDArray[np.int64]:
        if self.pairing != "one_pair":
            return self._order.batch(iteration)
        random, styles = self._random(STYLES, iteration), self.pairs.styles
        some = self.pairs.of_style(styles[int(random.integers(len(styles)))])
        return random.choice(some, self.batch_size, replace=len(some) < self.batch_size)

    def _sources(self, iteration: int, target: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return pairs whose sources are shown beside targets, of another character each."""
        random = self._random(SOURCES, iteration)
        source = random.integers(len(self.pairs), size=len(target))
        char = self.pairs.chars(target)
        while (same := self.pairs.chars(source) == char).any():
            source[same] = random.integers(len(self.pairs), size=int(same.sum()))
        return source

    def _references(self, iteration: int, chosen: Chosen) -> NDArray[np.int64]:
        random = self._random(REFERENCES, iteration)
        hidden = np.stack([self.pairs.chars(chosen.source), self.pairs.chars(chosen.target)], 1)
        styles = self.pairs.columns(chosen.target).style.tolist()
        rows = zip(styles, hidden, strict=True)
        return np.stack([self._of_style(random, style, away) for style, away in rows])

    def _of_style(
        self, random: np.random.Generator, style: int, hidden: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Return K pairs of a style without two characters; some twice where there are fewer."""
        some = self.pairs.of_style(style)
        few = random.choice(some, min(len(some), self.references + HIDDEN), replace=False)
        kept = few[~np.isin(self.pairs.chars(few), hidden)]
        return np.resize(kept, self.references)
