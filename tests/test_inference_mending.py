from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fontgan.inference.mending import Mending, mend, structure

SIZE = 64


def paper(count: int = 1) -> NDArray[np.uint8]:
    return np.full((count, SIZE, SIZE), 255, np.uint8)


def ring() -> NDArray[np.uint8]:
    image = paper()
    image[0, 20:44, 20:44] = 0
    image[0, 26:38, 26:38] = 255
    return image


def two_strokes(between: int) -> NDArray[np.uint8]:
    """Draw two strokes, and this grey between them."""
    image = paper()
    image[0, 10:50, 10:20] = image[0, 10:50, 24:34] = 0
    image[0, 10:50, 20:24] = between
    return image


def test_a_faint_gap_is_closed_by_pressing_harder() -> None:
    broken = ring()
    broken[0, 20:26, 30:33] = 150
    mended = mend(broken, ring())
    assert mended.wrong.all() and not mended.left.any()
    assert structure(mended.images).tolist() == [[1, 1]]
    assert mended.images.max() == 255  # paper stays paper


def test_strokes_that_touch_are_parted_by_pressing_softer() -> None:
    mended = mend(two_strokes(between=100), two_strokes(between=255))
    assert mended.before.tolist() == [[1, 0]]
    assert mended.after.tolist() == [[2, 0]]
    assert mended.images.min() == 0  # ink stays ink


def test_what_is_right_stays_as_it_was_drawn() -> None:
    drawn = np.concatenate([two_strokes(200), ring()])
    mended = mend(drawn, np.concatenate([two_strokes(255), ring()]))
    assert not mended.wrong.any()
    assert np.array_equal(mended.images, drawn)


def test_what_no_pressure_mends_is_left_and_named() -> None:
    drawn = np.concatenate([ring(), two_strokes(255)])
    mended = mend(drawn, np.concatenate([two_strokes(255), two_strokes(255)]))
    assert np.array_equal(mended.images, drawn)
    mending = Mending()
    mending.add(mended, "hand", ["回", "二"])
    assert mending.left == [
        {
            "style": "hand",
            "char": "回",
            "pieces": 1,
            "pieces_of_print": 2,
            "holes": 1,
            "holes_of_print": 0,
        }
    ]
    assert str(mending).startswith("1 of 2 glyphs had other pieces or holes than the print: 0")


@pytest.mark.parametrize("count", [0, 3])
def test_blank_glyphs_are_no_error(count: int) -> None:
    mended = mend(paper(count), np.repeat(ring(), count, axis=0))
    assert len(mended.images) == count
    assert mended.left.sum() == count
