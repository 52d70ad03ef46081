from __future__ import annotations

import pytest

from fontgan.errors import ConfigError
from fontgan.glyphs.charset import Charset
from fontgan.store.split import held_out, held_out_pairs

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


STYLES = {"one": CHARS[:600], "two": CHARS[300:900], "three": CHARS[:3]}


def test_exactly_the_share_of_pairs_is_held_out():
    chosen = held_out_pairs(STYLES, 0.1)
    assert list(chosen) == list(STYLES)
    assert sum(map(len, chosen.values())) == round(0.1 * 1203)
    assert all(chars <= set(STYLES[style]) for style, chars in chosen.items())
    assert set(chosen["one"] & set(CHARS[300:600])) != set(chosen["two"] & set(CHARS[300:600]))


def test_neither_the_order_of_characters_nor_of_styles_matters():
    turned = {style: reversed(STYLES[style]) for style in reversed(STYLES)}
    assert held_out_pairs(turned, 0.1) == held_out_pairs(STYLES, 0.1)
    assert held_out_pairs(STYLES, 0.1, seed=1) != held_out_pairs(STYLES, 0.1)


def test_pairs_of_small_sets_and_no_share():
    assert held_out_pairs(STYLES, 0) == dict.fromkeys(STYLES, frozenset())
    assert held_out_pairs({"one": "a"}, 0.5) == {"one": frozenset()}
    assert sum(map(len, held_out_pairs({"one": "a", "two": "a"}, 0.01).values())) == 1
    with pytest.raises(ConfigError, match=r"0 to 0\.9"):
        held_out_pairs(STYLES, 0.91)
