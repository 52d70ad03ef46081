from __future__ import annotations

import pytest

from fontgan.data.split import held_out
from fontgan.errors import ConfigError
from fontgan.glyphs.charset import Charset

CHARS = Charset.parse("gb2312-1").chars


def test_the_share_is_met_and_the_order_does_not_matter():
    held = held_out(CHARS, 0.1)
    assert len(held) == 376  # 375.5 rounded to even
    assert held == held_out(reversed(CHARS), 0.1) == held_out(CHARS * 2, 0.1)
    assert held <= set(CHARS)


def test_a_larger_share_holds_out_the_same_and_more():
    assert held_out(CHARS, 0.1) < held_out(CHARS, 0.2)


def test_overlapping_sets_hold_out_nearly_the_same():
    """So a style added later, with other characters, does not teach what is kept for the test."""
    first, second = held_out(CHARS[:3000], 0.1), held_out(CHARS[:2500], 0.1)
    shared = {char for char in first if char in CHARS[:2500]}
    assert len(shared & second) > 0.95 * max(len(shared), len(second)) - 10


def test_the_seed_chooses():
    assert held_out(CHARS, 0.1, seed=1) != held_out(CHARS, 0.1, seed=2)


def test_small_sets_and_no_share():
    assert held_out(CHARS, 0) == frozenset()
    assert held_out("a", 0.5) == frozenset()
    assert [len(held_out("ab", share)) for share in (0.01, 0.9)] == [1, 1]


@pytest.mark.parametrize("share", [-0.1, 0.91, float("nan")])
def test_impossible_shares(share):
    with pytest.raises(ConfigError, match=r"0 to 0\.9"):
        held_out(CHARS, share)
