from __future__ import annotations

import math
from importlib import resources

import numpy as np
import pytest
import torch
from made_data import build

from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.metrics.frechet import frechet
from fontgan.metrics.hands import Hands
from fontgan.metrics.measures import PICTURE
from fontgan.metrics.reading import HANZI, LETTERS, Reader
from fontgan.metrics.tally import Compared, tally
from fontgan.nn.eyes.reader import WEIGHTS, fit, load_reader, perceptual_distance
from fontgan.store.store import FaceImages, GlyphStore

TAUGHT = "永和九年天地人大小中国水火木金土日月山川我你他们是的有不这一"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> GlyphStore:
    folder = tmp_path_factory.mktemp("reading") / "set"
    styles = ["xiaolai", "ma-shan-zheng", "zcool-kuaile"]
    return build("noto-sans-sc", styles, TAUGHT, folder, Canvas(size=64), holdout=0.2)


@pytest.fixture(scope="module")
def reader(store: GlyphStore) -> Reader:
    return Reader.of(store)


def glyphs(face: FaceImages) -> torch.Tensor:
    return torch.from_numpy(np.array(face.images)).unsqueeze(1).float() / 127.5 - 1


def drawn(face: str, chars: str, size: int) -> torch.Tensor:
    canvas, font = Canvas(size=size), FontFace.open(face)
    return (
        torch.from_numpy(np.stack([canvas.draw(font, c) for c in chars])).unsqueeze(1) / 127.5 - 1
    )


def test_the_shipped_weights_are_small_and_say_what_they_are() -> None:
    assert (resources.files("fontgan.nn.eyes") / WEIGHTS).stat().st_size < 6e6
    _, facts = load_reader()
    assert not set(facts["held_out_faces"]) & set(facts["faces"])
    assert {"0Oo", "1Il", "Cc"} <= set(facts["classes"])
    chars = "".join(facts["classes"])
    assert len(chars) == len(set(chars)) == 3755 + 62
    for sort in (*HANZI, *LETTERS):
        found = facts["accuracy"][sort]
        assert 0 < found["content"] < 1
        assert 0 < found["style"] < 1
        assert found["glyphs"] > 50


@pytest.mark.parametrize("size", [32, 64, 100, 128, 256])
def test_it_reads_print_at_any_size(reader: Reader, size: int) -> None:
    images = drawn("noto-serif-sc", TAUGHT, size)
    said = reader.read(["xiaolai"] * len(TAUGHT), TAUGHT, images, images).drawn
    assert np.mean([one["content"] for one in said]) >= 0.9


def test_its_stated_accuracy_is_what_it_has(reader: Reader) -> None:
    """On some of the characters that it has not seen in a hand that it has."""
    chars = reader.facts["held_out_hanzi"][::5]
    images = drawn("xiaolai", chars, 64)
    said = reader.read(["xiaolai"] * len(chars), chars, images, images).drawn
    stated = reader.facts["accuracy"]["xiaolai"]["content"]
    assert np.mean([one["content"] for one in said]) == pytest.approx(stated, abs=0.12)


def test_perfect_drawings(reader: Reader, store: GlyphStore) -> None:
    face = store.style("ma-shan-zheng")
    images = glyphs(face)
    read = reader.read([face.name] * len(face), face.chars, images, images)
    known = [{key: one[key] for key in ("content", "style")} for one in read.drawn]
    assert known == read.truth
    assert np.mean([one["style"] for one in read.truth]) >= 0.8
    assert max(one["lpips_glyph"] for one in read.drawn) < 1e-6
    assert frechet(*read.embeddings) < 1e-6


def test_a_hand_taken_for_another_and_no_ink(reader: Reader, store: GlyphStore) -> None:
    face, other = store.style("ma-shan-zheng"), store.source
    forged, truth = glyphs(other), glyphs(face)
    read = reader.read([face.name] * len(face), face.chars, forged, truth)
    assert np.mean([one["style"] for one in read.drawn]) <= 0.1
    assert np.mean([one["content"] for one in read.drawn]) >= 0.9
    white = reader.read([face.name] * len(face), face.chars, torch.ones_like(truth), truth)
    assert {(one["content"], one["style"]) for one in white.drawn} == {(0.0, 0.0)}
    far = [np.mean([one["lpips_glyph"] for one in some.drawn]) for some in (read, white)]
    assert 0 < far[0] < far[1]
    assert 0 < frechet(*read.embeddings) < frechet(*white.embeddings) <= 8


def test_more_blur_is_farther(reader: Reader, store: GlyphStore) -> None:
    truth = glyphs(store.style("xiaolai"))
    fars = []
    for reach in (1, 2, 4):
        soft = torch.nn.functional.avg_pool2d(
            truth, 2 * reach + 1, 1, reach, count_include_pad=False
        )
        said = reader.read(["xiaolai"] * len(truth), store.style("xiaolai").chars, soft, truth)
        fars.append(np.mean([one["lpips_glyph"] for one in said.drawn]))
    assert fars == sorted(fars)
    assert fars[0] > 0


def test_a_hand_is_not_recognised_by_the_glyph_itself() -> None:
    hands = Hands(
        ("a", "b"),
        torch.tensor([[0.9, 1.1], [1.0, 0.2]]),
        (frozenset("xy"), frozenset("z")),
    )
    one = torch.tensor([[0.9, 0.1]])  # a's x; what is left of a is (0, 1)
    assert hands.right(one, one, ["a"], ["x"]) == [False]
    assert hands.right(one, one, ["b"], ["x"]) == [True]
    assert hands.right(torch.tensor([[0.1, 0.9]]), one, ["a"], ["x"]) == [True]


def test_characters_it_was_never_taught_are_left_out(reader: Reader) -> None:
    chars = ["あ", "永", "㐂"]
    images = drawn("noto-sans-sc", "永永永", 64)
    batch = Compared(["xiaolai", "ma-shan-zheng", "xiaolai"], chars, images, images)
    scores = tally([batch], ("l1",), reader=reader)
    assert [("content" in glyph.values) for glyph in scores.each] == [False, True, False]
    assert scores.mean["content"] == 1
    assert "content" not in scores.by_style["xiaolai"]
    assert list(scores.by_style["ma-shan-zheng"]) == ["l1", "content", "style", "lpips_glyph"]
    notes = reader.notes(chars)
    assert "content leaves out 2 glyphs it was never taught: あ㐂" in notes
    alone = tally([Compared(["xiaolai"], ["あ"], images[:1], images[:1])], ("l1",), reader=reader)
    assert alone.misses({"content": 0.5, "fid_glyph": 0.1}) == [
        "content has no value to hold against the limit of 0.5"
    ]
    assert all(math.isfinite(value) for value in {**alone.mean, **alone.whole}.values())


def test_look_alikes_are_one(reader: Reader) -> None:
    images = drawn("patrick-hand", "OoO", 64)
    said = reader.read(["xiaolai"] * 3, "0oO", images, images).drawn
    assert [one["content"] for one in said] == [1, 1, 1]


def test_without_a_reader_scores_are_of_pictures_alone(store: GlyphStore) -> None:
    images = glyphs(store.style("xiaolai"))[:2]
    scores = tally([Compared(["xiaolai"] * 2, ["永", "和"], images, images)])
    assert tuple(scores.mean) == PICTURE
    assert (scores.whole, scores.truth) == ({}, {})


def test_frechet_of_normal_distributions() -> None:
    """Of independent numbers it is |difference of means|^2 + sum of squared deviations' gaps."""
    torch.manual_seed(0)
    x = torch.randn(4000, 3)
    x = (x - x.mean(0)) @ torch.linalg.inv(torch.linalg.cholesky(torch.cov(x.T, correction=0))).T
    y = x * torch.tensor([2.0, 1.0, 0.5]) + torch.tensor([0.0, 3.0, 0.0])
    assert frechet(x, y) == pytest.approx(9 + 1 + 0.25, rel=1e-3)
    assert frechet(y, y) == pytest.approx(0, abs=1e-5)
    assert frechet(x[:1], x[:1]) == 0
    assert math.isnan(frechet(torch.full((2, 3), math.nan), y))


def test_its_features_can_teach_a_generator() -> None:
    network, _ = load_reader()
    truth = drawn("xiaolai", "永和", 128) * 2 - 1
    image = torch.zeros_like(truth, requires_grad=True)
    perceptual_distance(network.features(image), network.features(truth)).sum().backward()
    assert image.grad is not None
    assert image.grad.abs().flatten(1).sum(dim=1).min() > 0
    assert all(weight.grad is None for weight in network.parameters())


def test_fit_keeps_the_mean_of_larger_images() -> None:
    image = torch.rand(1, 1, 128, 128)
    assert fit(image).shape == (1, 1, 64, 64)
    assert fit(image).mean().item() == pytest.approx(image.mean().item(), abs=1e-5)
    assert fit(torch.ones(1, 1, 32, 32)).tolist() == torch.ones(1, 1, 64, 64).tolist()
