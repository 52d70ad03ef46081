"""The pairs of a glyph store, and batches of those that were chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fontgan.data.batch import GlyphBatch
from fontgan.data.stroke_table import StrokeTable, with_strokes
from fontgan.errors import DataError
from fontgan.glyphs.evenly import evenly
from fontgan.store.face_images import MAPPED, FaceImages
from fontgan.store.shard import Shard
from fontgan.store.store import GlyphStore

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
class Chosen:
    """What a batch is made of, by numbers of pairs.

    Attributes:
        source: (B,) pairs whose sources are shown.
        target: (B,) pairs whose targets are; style and source belong together through nothing else.
        references: (B, K) pairs whose targets are shown as examples of the target's style.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    references: NDArray[np.int64]

    @classmethod
    def paired(cls, pairs: NDArray[np.int64]) -> Chosen:
        """Choose pairs (B,) as they are, without references."""
        return cls(pairs, pairs, np.empty((len(pairs), 0), dtype=np.int64))

    @property
    def is_paired(self) -> bool:
        """Whether every source is shown with its own target."""
        return self.source is self.target

    def __len__(self) -> int:
        return len(self.target)

    def share(self, part: slice) -> Chosen:
        """Return a share of the batch."""
        if self.is_paired:
            return replace(Chosen.paired(self.target[part]), references=self.references[part])
        return Chosen(self.source[part], self.target[part], self.references[part])


def as_chosen(pairs: NDArray[np.int64] | Chosen) -> Chosen:
    """Return plain numbers of pairs as chosen, each with its own source."""
    return pairs if isinstance(pairs, Chosen) else Chosen.paired(pairs)


@dataclass(frozen=True)
class FacePairs:
    """The pairs of one face.

    Attributes:
        style: index of its style in the data set's ``style_names``.
        face: its index in the store.
        rows: (N,) of its characters, in order; faces that draw the same share one array.
    """

    style: int
    face: int
    rows: NDArray[np.int32]


@dataclass(frozen=True)
class PairDataset:
    """All (style, character) pairs of one part of a store, face by face.

    Part ``train`` has what is not held out of the styles that are not held out; ``held-out`` has
    what is held out of the same styles: the held-out characters, or the held-out pairs.

    It keeps nothing a pair: a thousand faces of 70,000 characters are 70 million. What some pairs
    are is looked up when asked for.

    Attributes:
        store: where the images are.
        faces: the pairs of each face, in the order of the pairs; none without any.
        style_names: the styles that ``Columns.style`` counts in.
        strokes: of the characters, where a method wants them in its batches.
        also: pairs of a second data set, for training on both in turns.
    """

    store: GlyphStore
    faces: tuple[FacePairs, ...]
    style_names: tuple[str, ...]
    strokes: StrokeTable | None = None
    also: PairDataset | None = None

    @classmethod
    def of(
        cls,
        store: GlyphStore,
        part: Part = "train",
        styles: Collection[str] | None = None,
        style_names: tuple[str, ...] | None = None,
        strokes: StrokeTable | None = None,
    ) -> PairDataset:
        """List the pairs of a part.

        Args:
            store: an open data set.
            part: ``train`` or ``held-out``.
            styles: only these; default all that are not held out.
            style_names: the model's styles, when they are not the store's.
            strokes: of the characters, where a method wants them.

        Raises:
            DataError: there is no such pair.
        """
        names = style_names or store.style_names
        wanted = set(styles) if styles is not None else set(names) - set(store.held_out_styles)
        places = {name: place for place, name in enumerate(names) if name in wanted}
        known: dict[tuple[str, frozenset[str]], NDArray[np.int32]] = {}
        faces = []
        for index, face in enumerate(store.styles):
            if face.name in places:
                alike = (face.chars, store.held_out_in(face))
                if alike not in known:
                    known[alike] = _rows(store, face, part)
                faces.append(FacePairs(places[face.name], index, known[alike]))
        made = cls(store, _with_pairs(faces), names, strokes)
        if not len(made):
            raise DataError(f"no {part} pairs for styles {', '.join(sorted(wanted)) or '(none)'}")
        return made

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def both(self) -> list[PairDataset]:
        """Return the pairs of this data set and, if there is one, of the second."""
        return [self, self.also] if self.also else [self]

    @property
    def styles(self) -> list[int]:
        """Return the indices of the styles that have pairs, in order."""
        return sorted(face.style for face in self.faces)

    def of_style(self, style: int) -> NDArray[np.int64]:
        """Return the pairs of a style, in order; none where it has none."""
        at = [place for place, face in enumerate(self.faces) if face.style == style]
        return np.arange(self._starts[at[0]], self._starts[at[0] + 1]) if at else np.arange(0)

    def columns(self, pairs: NDArray[np.int64]) -> Columns:
        """Return what the given pairs (B,) are."""
        places = np.searchsorted(self._starts, pairs, side="right") - 1
        style, index, rows, char = np.empty((4, len(pairs)), dtype=np.int64)
        for place in np.unique(places).tolist():
            some, face = places == place, self.faces[place]
            found = face.rows[pairs[some] - self._starts[place]]
            chars = self.store.styles[face.face].chars
            style[some], index[some], rows[some] = face.style, face.face, found
            char[some] = [ord(chars[row]) for row in found.tolist()]
        return Columns(style, index, self.store.source.rows(char), rows, char)

    def chars(self, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the code points of the given pairs (B,)."""
        return self.columns(pairs).char

    def pixels(self, pairs: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return sources and targets (B, S, S) of the given pairs, ink 0."""
        what = self.columns(pairs)
        return self._sources(what), self._targets(what)

    def _sources(self, what: Columns) -> NDArray[np.uint8]:
        return np.asarray(self.store.source.images)[what.source_row]

    def _targets(self, what: Columns) -> NDArray[np.uint8]:
        size, mapped = self.store.size, len(self.faces) < MAPPED
        target = np.empty((len(what.face), size, size), dtype=np.uint8)
        for index in np.unique(what.face).tolist():
            face, some = self.store.styles[index], what.face == index
            rows = what.target_row[some]
            target[some] = np.asarray(face.images)[rows] if mapped else face.read(rows, size)
        return target

    def tensors(self, chosen: Chosen) -> tuple[Tensor, ...]:
        """Return what `GlyphBatch.of_pixels` makes a batch of, on the CPU."""
        target = self.columns(chosen.target)
        source = target if chosen.is_paired else self.columns(chosen.source)
        seen = self.columns(chosen.references.flatten())
        shape = (*chosen.references.shape, self.store.size, self.store.size)
        arrays = (
            self._sources(source),
            self._targets(target),
            target.style,
            source.char,
            self._targets(seen).reshape(shape),
        )
        return tuple(torch.from_numpy(np.ascontiguousarray(array)) for array in arrays)

    def batch(self, pairs: NDArray[np.int64] | Chosen) -> GlyphBatch:
        """Return the given pairs (B,), or what was chosen of them, as tensors on the CPU."""
        batch = GlyphBatch.of_pixels(*self.tensors(as_chosen(pairs)))
        return with_strokes(batch, self.strokes)

    def batches(self, size: int) -> Iterator[GlyphBatch]:
        """Yield all pairs once, in order."""
        for start in range(0, len(self), size):
            yield self.batch(np.arange(start, min(start + size, len(self))))

    def spread(self, per_style: int) -> PairDataset:
        """Return at most ``per_style`` pairs of each style, spread evenly over its characters.

        They are in the order of the styles.
        """

        def some(face: FacePairs) -> NDArray[np.int32]:
            return face.rows[evenly(len(face.rows), per_style)]

        ordered = sorted(self.faces, key=lambda face: face.style)
        return replace(self, faces=_with_pairs(replace(f, rows=some(f)) for f in ordered))

    def share(self, shard: Shard) -> PairDataset:
        """Return a share of the pairs; it may have none."""
        first = [(shard.number - 1 - int(start)) % shard.count for start in self._starts[:-1]]
        parts = zip(self.faces, first, strict=True)
        kept = (replace(face, rows=face.rows[at :: shard.count]) for face, at in parts)
        return replace(self, faces=_with_pairs(kept))

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Return the first pair of each face, and the number of pairs (F + 1,)."""
        return np.cumsum([0, *(len(face.rows) for face in self.faces)], dtype=np.int64)


def _rows(store: GlyphStore, face: FaceImages, part: Part) -> NDArray[np.int32]:
    """Return the rows (N,) of a face's characters that are in a part and that the source draws."""
    wanted = store.held_out(face) == (part == "held-out")
    return np.flatnonzero(wanted & (store.source.rows(face.codes) >= 0)).astype(np.int32)


def _with_pairs(faces: Iterable[FacePairs]) -> tuple[FacePairs, ...]:
    return tuple(face for face in faces if len(face.rows))
