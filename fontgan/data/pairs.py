"""Pairs drawn from a glyph store, in an order that depends only on seed and iteration."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fontgan.data.batch import GlyphBatch, to_tensor
from fontgan.data.shard import Shard
from fontgan.data.store import GlyphStore
from fontgan.errors import DataError

Part = Literal["train", "held-out"]


@dataclass(frozen=True)
class Columns:
    """What some pairs (B,) are; each column is (B,) long.

    Attributes:
        style: index of the pair's style in the data set's ``style_names``.
        face: index of the pair's face in the store.
        source_row, target_row: rows in the faces' image arrays.
        char: code points.
    """

    style: NDArray[np.int64]
    face: NDArray[np.int64]
    source_row: NDArray[np.int64]
    target_row: NDArray[np.int64]
    char: NDArray[np.int64]


@dataclass(frozen=True)
class PairDataset:
    """All (style, character) pairs of one part of a store.

    Part ``train`` has what is not held out of the styles that are not held out; ``held-out`` has
    what is held out of the same styles: the held-out characters, or the held-out pairs.

    Attributes:
        store: where the images are.
        style: (P,) index of the pair's style in ``style_names``.
        face: (P,) index of the pair's face in the store.
        source_row, target_row: (P,) rows in the faces' image arrays.
        char: (P,) code points.
        style_names: the styles that ``style`` counts in.
    """

    store: GlyphStore
    style: NDArray[np.int64]
    face: NDArray[np.int64]
    source_row: NDArray[np.int64]
    target_row: NDArray[np.int64]
    char: NDArray[np.int64]
    style_names: tuple[str, ...]

    @classmethod
    def of(
        cls,
        store: GlyphStore,
        part: Part = "train",
        styles: Collection[str] | None = None,
        style_names: tuple[str, ...] | None = None,
    ) -> PairDataset:
        """List the pairs of a part.

        Args:
            store: an open data set.
            part: ``train`` or ``held-out``.
            styles: only these; default all that are not held out.
            style_names: the model's styles, when they are not the store's.

        Raises:
            DataError: there is no such pair.
        """
        names = style_names or store.style_names
        wanted = set(styles) if styles is not None else set(names) - set(store.held_out_styles)
        parts: list[NDArray[np.int64]] = [np.empty((5, 0), dtype=np.int64)]
        for index, face in enumerate(store.styles):
            if face.name in wanted and face.name in names:
                sources = store.source.rows(face.codes)
                rows = np.flatnonzero(
                    (store.held_out(face) == (part == "held-out")) & (sources >= 0)
                )
                constant = (np.full(len(rows), value) for value in (names.index(face.name), index))
                parts.append(np.stack([*constant, sources[rows], rows, face.codes[rows]]))
        columns = np.concatenate(parts, axis=1)
        if not columns.size:
            raise DataError(f"no {part} pairs for styles {', '.join(sorted(wanted)) or '(none)'}")
        style_, face_, source, target, char_ = columns
        return cls(store, style_, face_, source, target, char_, names)

    def __len__(self) -> int:
        return len(self.style)

    def columns(self, pairs: NDArray[np.int64]) -> Columns:
        """Return what the given pairs (B,) are."""
        names = (column.name for column in fields(Columns))
        return Columns(**{name: getattr(self, name)[pairs] for name in names})

    def pixels(self, pairs: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return sources and targets (B, S, S) of the given pairs, ink 0."""
        size = self.store.size
        target = np.empty((len(pairs), size, size), dtype=np.uint8)
        for place, pair in enumerate(pairs):
            target[place] = self.store.styles[self.face[pair]].images[self.target_row[pair]]
        return self.store.source.images[self.source_row[pairs]], target

    def batch(self, pairs: NDArray[np.int64]) -> GlyphBatch:
        """Return the given pairs as tensors on the CPU."""
        source, target = (to_tensor(_images(image)) for image in self.pixels(pairs))
        return GlyphBatch(
            source=source,
            target=target,
            source_style=torch.zeros(len(pairs), dtype=torch.long),
            target_style=torch.from_numpy(self.style[pairs]),
            char=torch.from_numpy(self.char[pairs]),
            references=source.new_zeros(len(pairs), 0, *source.shape[1:]),
        )

    def batches(self, size: int) -> Iterator[GlyphBatch]:
        """Yield all pairs once, in order."""
        for start in range(0, len(self), size):
            yield self.batch(np.arange(start, min(start + size, len(self))))

    def spread(self, per_style: int) -> PairDataset:
        """Return at most ``per_style`` pairs of each style, spread evenly over its characters."""
        kept: list[NDArray[np.int64]] = []
        for style in np.unique(self.style):
            places = np.flatnonzero(self.style == style)
            chosen = np.linspace(0, len(places) - 1, min(per_style, len(places))).round()
            kept.append(places[chosen.astype(np.int64)])
        return self._take(np.concatenate(kept))

    def share(self, shard: Shard) -> PairDataset:
        """Return a share of the pairs; it may have none."""
        return self._take(np.array(shard.places(len(self)), dtype=np.int64))

    def _take(self, pairs: NDArray[np.int64]) -> PairDataset:
        return replace(self, **vars(self.columns(pairs)))


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


def _images(pixels: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels)).unsqueeze(1)
