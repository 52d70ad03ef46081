from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from made_fonts import save

from fontgan.errors import CharsetError, FontError
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.charset import Charset
from fontgan.glyphs.choosing import AGAIN, Choice, choose, greedy
from fontgan.glyphs.painting import draw_many
from fontgan.glyphs.parts import KINDS, parts_of, thinned
from fontgan.glyphs.pieces import SIDE, pieces

SET = Charset.parse("common-400")


@pytest.fixture(scope="module")
def choice() -> Choice:
    return choose(SET, 40)


def test_the_chosen_are_of_the_set_and_in_an_order_that_repeats(choice: Choice) -> None:
    assert len(set(choice.chars)) == 40
    assert set(choice.chars) <= set(SET)
    assert choose(SET, 20).chars == choice.chars[:20]
    assert set(choice.counts) == set(KINDS)
    assert choice.notes == ()


def test_the_chosen_cover_more_than_random_ones(choice: Choice) -> None:
    for kind in KINDS:
        assert choice.cover.parts[kind] > 1.15 * choice.random.parts[kind]
        assert choice.cover.weighted[kind] > 1.1 * choice.random.weighted[kind]


def test_the_chosen_cover_more_in_a_font_that_was_not_looked_at(choice: Choice) -> None:
    chars, images = zip(
        *(
            (char, image.copy())
            for char, image, _ in draw_many("xiaolai", SET.chars, Canvas(SIDE, margin=0.0))
            if image is not None
        ),
        strict=True,
    )
    parts = parts_of(chars, images, seed=7)
    rows = [chars.index(char) for char in choice.chars]
    generator = np.random.default_rng(0)
    others = [generator.choice(len(chars), 40, replace=False) for _ in range(20)]
    assert covered(parts.has, rows) > max(covered(parts.has, other) for other in others)


def covered(has: np.ndarray, rows) -> float:
    weight = has.sum(axis=0)
    return float(weight[has[rows].any(axis=0)].sum() / weight.sum())


def test_lazy_greedy_is_greedy() -> None:
    generator = np.random.default_rng(3)
    has, weight = generator.random((30, 50)) < 0.1, generator.random(50)
    left, plain = weight.copy(), []
    for _ in range(10):
        gains = [-1.0 if row in plain else left[has[row]].sum() for row in range(30)]
        plain.append(int(np.argmax(gains)))
        left[has[plain[-1]]] *= AGAIN
    assert greedy(has, weight, 10, range(30)) == plain


def test_greedy_is_near_the_best_choice() -> None:
    generator = np.random.default_rng(5)
    has = generator.random((12, 40)) < 0.15
    best = max(has[list(rows)].any(axis=0).sum() for rows in itertools.combinations(range(12), 3))
    ours = has[greedy(has, np.ones(40), 3, range(12))].any(axis=0).sum()
    assert ours >= 0.63 * best


def test_components_are_told_apart() -> None:
    drawn = {char: image for char, image, _ in draw_many("noto-sans-sc", "湖国信", Canvas(SIDE))}
    boxes = {char: pieces(thinned(image)) for char, image in drawn.items()}
    assert any(_within(box, boxes["国"][0], 6) for box in boxes["国"][1:])  # 玉 within 囗
    for char in "湖信":  # a narrow piece on the left, as high as the rest
        left = min(boxes[char][1:], key=lambda box: box[3])
        assert left[3] - left[1] < 0.45 * SIDE < left[2] - left[0]


def _within(inner, outer, margin: int) -> bool:
    least = [inner[0] - outer[0], inner[1] - outer[1], outer[2] - inner[2], outer[3] - inner[3]]
    return min(least) >= margin


def test_a_choice_among_some_for_all() -> None:
    few = Charset.parse("text:永和九年天地人大小中国")
    chosen = choose(Charset.parse("common-100"), 4, among=few)
    assert set(chosen.chars) <= set(few)
    assert chosen.size == 100


def test_what_the_source_lacks_is_said(tmp_path) -> None:
    bars = ((100, 100, 900, 180), (100, 600, 900, 680))
    font = save(
        tmp_path / "few.ttf", {"一": bars[:1], "二": bars, "三": (*bars, (100, 350, 900, 430))}
    )
    chosen = choose(Charset.of("four", "一二三四"), 2, str(font))
    assert set(chosen.chars) <= set("一二三")
    assert "1 missing (四)" in chosen.notes[0]
    assert "3 of 4" in chosen.notes[0]
    with pytest.raises(CharsetError, match="cannot choose 4 of 3"):
        choose(Charset.of("four", "一二三四"), 4, str(font))
    with pytest.raises(FontError, match="draws none of"):
        choose(Charset.of("other", "五六"), 1, str(font))


def test_the_command_goes_into_a_pipe(run, tmp_path) -> None:
    words = ("charset", "choose", "--count", 5, "--for", "common-60")
    code, out, err = run(*words, "--out", tmp_path / "five.txt")
    chars = out.strip()
    assert (code, len(chars), out.count("\n")) == (0, 5, 1)
    assert (tmp_path / "five.txt").read_text(encoding="utf-8") == out
    assert all(kind in err for kind in KINDS)
    shown = json.loads(run(*words, "--json")[1])
    assert shown["chars"] == chars
    assert shown["cover"]["parts"]["strokes"] > shown["random"]["parts"]["strokes"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--count", "61", "--for", "common-60"), "cannot choose 61 of 60"),
        (("--count", "0", "--for", "common-60"), "give 1 or more"),
        (("--count", "5", "--for", "comon-60"), "no character set or file"),
        (("--count", "5", "--for", "common-60", "--source", "long-cag"), "did you mean long-cang"),
        (("--count", "5", "--for", "text:一", "--among", "kana"), "cannot choose 5 of 0"),
    ],
)
def test_bad_input_is_one_line(run, words, says: str) -> None:
    code, out, err = run("charset", "choose", *words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert says in err
