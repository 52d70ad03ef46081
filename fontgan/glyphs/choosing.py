"""Choose the characters that, written by hand, teach most: those that cover the most parts.

`fontgan.glyphs.parts` finds the parts (components, joints, shapes of strokes) that each character
has in a font's drawings. A part weighs as much as there are characters in the target set that have
it, and the parts of each vocabulary together weigh the same. A part that is covered k times is
worth 1 - ``AGAIN`` ** k of its weight. This sum is monotone and submodular, so taking the character
that adds most, again and again, is within 1 - 1/e of the best choice (Nemhauser, Wolsey and Fisher
1978), and a gain once computed is an upper bound of that gain later, so that few need to be
computed anew (lazy greedy, Minoux 1978). Ties go to the character that comes first, so a choice
repeats; the first 50 of 100 chosen are what 50 chosen would be.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fontgan.errors import CharsetError, FontError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.lacking import LACKS, in_words, lacks
from fontgan.glyphs.painting import draw_many
from fontgan.glyphs.parts import Parts, parts_of
from fontgan.glyphs.pieces import SIDE

AGAIN = 0.25  # what is left to gain of a part once it is covered
RANDOM_CHOICES = 20


@dataclass(frozen=True)
class Cover:
    """How much of the parts of a whole set some of its characters have.

    Attributes:
        parts: by kind, the share of the set's different parts.
        weighted: by kind, the share of the set's parts, each as often as there are characters that
            have it.
    """

    parts: dict[str, float]
    weighted: dict[str, float]


@dataclass(frozen=True)
class Choice:
    """Characters chosen from a set.

    Attributes:
        chars: the chosen ones, the one that adds most first.
        cover: what they cover.
        random: what as many random ones cover, the mean of ``RANDOM_CHOICES`` choices.
        source: name of the font whose drawings were looked at.
        size: characters of the set that the font draws.
        asked: characters of the set.
        counts: different parts by kind.
        notes: what the user should know.
    """

    chars: tuple[str, ...]
    cover: Cover
    random: Cover
    source: str
    size: int
    asked: int
    counts: dict[str, int]
    notes: tuple[str, ...] = ()


def choose(
    charset: Charset,
    count: int,
    source: str = "noto-sans-sc",
    among: Charset | None = None,
    seed: int = 0,
) -> Choice:
    """Choose the characters of a set that cover most of its parts.

    Args:
        charset: the set to be covered; what the source does not draw is left out.
        count: how many to choose.
        source: the font whose drawings are looked at.
        among: choose only from these; default from the whole set.
        seed: of k-means and of the random choices compared with.

    Raises:
        CharsetError: fewer characters to choose from than wanted.
        FontError: the source cannot be opened, or draws none of the set.
    """
    face = FontFace.open(source)
    wanted = charset if among is None else charset + among
    canvas = Canvas(SIDE, margin=0.0)
    drawn = {
        char: image.copy()
        for char, image, _ in draw_many(face.spec, wanted.chars, canvas)
        if image is not None
    }
    target = [char for char in charset if char in drawn]
    allowed = [char for char in (among or charset) if char in drawn]
    _check(face.id, charset, target, allowed, count)
    parts = parts_of(list(drawn), list(drawn.values()), seed)
    rows = {char: row for row, char in enumerate(drawn)}
    weight = _weights(parts, [rows[char] for char in target])
    candidates = [rows[char] for char in allowed]
    chosen = greedy(parts.has, weight, count, candidates)
    generator = np.random.default_rng(seed)
    others = [
        generator.choice(candidates, count, replace=False).tolist() for _ in range(RANDOM_CHOICES)
    ]
    return Choice(
        chars=tuple(parts.chars[row] for row in chosen),
        cover=_cover(parts, weight, [chosen]),
        random=_cover(parts, weight, others),
        source=face.id,
        size=len(target),
        asked=len(charset),
        counts={
            kind: int((weight[_of_kind(parts, kind)] > 0).sum())
            for kind in dict.fromkeys(parts.kinds)
        },
        notes=_notes(face, charset),
    )


def greedy(
    has: NDArray[np.bool_], weight: NDArray[np.float64], count: int, among: Sequence[int]
) -> list[int]:
    """Take the row that adds most, ``count`` times.

    Args:
        has: (N, W) which parts each row covers.
        weight: (W,) worth of a part; of what is left of it, ``AGAIN`` remains once it is covered.
        count: how many rows.
        among: the rows to take from, at least ``count``; of equals the first is taken.

    >>> has = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]], bool)
    >>> greedy(has, np.ones(3), 2, [0, 1, 2])
    [1, 2]
    """
    left = weight.copy()
    own = {row: np.flatnonzero(has[row]) for row in among}
    bounds = [(-float(left[own[row]].sum()), place, row) for place, row in enumerate(among)]
    heapq.heapify(bounds)
    chosen: list[int] = []
    while len(chosen) < count:
        _, place, row = heapq.heappop(bounds)
        now = (-float(left[own[row]].sum()), place, row)
        if bounds and now > bounds[0]:
            heapq.heappush(bounds, now)
            continue
        chosen.append(row)
        left[own[row]] *= AGAIN
    return chosen


def _weights(parts: Parts, rows: Sequence[int]) -> NDArray[np.float64]:
    """Return the worth of each part: how many rows have it, vocabularies in equal shares."""
    weight: NDArray[np.float64] = parts.has[rows].sum(axis=0).astype(np.float64)
    for number in range(len(parts.kinds)):
        ours = parts.vocabulary == number
        weight[ours] /= max(1.0, weight[ours].sum()) * len(parts.kinds)
    return weight


def _cover(parts: Parts, weight: NDArray[np.float64], choices: Sequence[Sequence[int]]) -> Cover:
    """Return what choices cover, on average."""
    covered = np.array([parts.has[rows].any(axis=0) for rows in choices])
    by_parts, by_weight = {}, {}
    for kind in dict.fromkeys(parts.kinds):
        ours = _of_kind(parts, kind) & (weight > 0)
        by_parts[kind] = float(covered[:, ours].mean())
        by_weight[kind] = float((covered[:, ours] @ weight[ours]).mean() / weight[ours].sum())
    return Cover(by_parts, by_weight)


def _of_kind(parts: Parts, kind: str) -> NDArray[np.bool_]:
    return np.array([name == kind for name in parts.kinds], bool)[parts.vocabulary]


def _check(
    source: str, charset: Charset, target: Sequence[str], allowed: Sequence[str], count: int
) -> None:
    if count < 1:
        raise CharsetError(f"cannot choose {count} characters; give 1 or more")
    if not target:
        raise FontError(f"{source} draws none of {charset.name}; choose another --source")
    if count > len(allowed):
        raise CharsetError(
            f"cannot choose {count} of {len(allowed)} characters that {source} draws; "
            "take fewer, or a --source that draws more"
        )


def _notes(face: FontFace, charset: Charset) -> tuple[str, ...]:
    """Say what of the set the source does not draw, and so was not looked at."""
    missing = lacks(charset.chars, [face.status(char) for char in charset])
    line = in_words(face.id, missing)
    if not line:
        return ()
    drawn = len(charset) - sum(len(missing[lack]) for lack in LACKS)
    return (
        f"{line}; chosen for the {drawn} of {len(charset)} characters that it draws "
        "(`fontgan fonts fetch` gets whole fonts, --source names another)",
    )
