"""Strokes of characters: what they promise, sets on disk, and the embedded ones."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from fontgan.errors import DataError
from fontgan.files import sha256
from fontgan.glyphs.charset import Charset
from fontgan.strokes import catalogue
from fontgan.strokes.paths import Strokes
from fontgan.strokes.set_file import KEY, UNITS, Header
from fontgan.strokes.stroke_set import StrokeSet, write

HEADER = Header(
    id="mine",
    title="Mine",
    version="1",
    source="a test",
    licence="CC0-1.0",
    licence_url="",
    notice="",
)


def strokes(*lines: list[tuple[float, float]], radii: float | None = None) -> Strokes:
    arrays = tuple(np.array(line, np.float32) for line in lines)
    wide = tuple(np.full(len(line), radii, np.float32) for line in arrays)
    return Strokes(arrays, None if radii is None else wide)


CROSS = strokes([(0.25, 0.5), (0.75, 0.5)], [(0.5, 0.125), (0.5, 0.5), (0.5, 1)])
DOT = strokes([(0.5, 0.5)])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "mine.safetensors", {"十": CROSS, "、": DOT}, HEADER).path


def test_points_are_resampled_at_equal_steps_and_the_ends_stay() -> None:
    points = strokes([(0, 0), (0.1, 0), (0.4, 0), (0.4, 0.4)]).resampled(9)
    assert points.shape == (1, 9, 2)
    assert np.allclose(np.linalg.norm(np.diff(points[0], axis=0), axis=1), 0.1, atol=1e-6)
    assert points[0, 0].tolist() == [0, 0]
    assert np.allclose(points[0, -1], 0.4)


def test_a_stroke_without_length_repeats_its_point() -> None:
    points = strokes([(0.5, 0.25)], [(0.5, 0.5), (0.5, 0.5)]).resampled(4)
    assert points.tolist() == [[[0.5, 0.25]] * 4, [[0.5, 0.5]] * 4]


def test_radii_are_resampled_with_their_points() -> None:
    line = np.array([(0, 0), (1, 0)], np.float32)
    wide = Strokes((line,), (np.array([0, 0.25], np.float32),))
    assert wide.resampled_radii(3).tolist() == [[0, 0.125, 0.25]]
    assert CROSS.resampled_radii(3) is None


@pytest.mark.parametrize(
    ("lines", "radii", "complaint"),
    [
        ((), None, "there is none"),
        (([[0, 0]], np.zeros((0, 2))), None, "stroke 2 must be"),
        (([[0, 0, 0]],), None, "stroke 1 must be"),
        (([[0, 0]], [[0, np.nan]]), None, "stroke 2 has points that are not finite"),
        (([[np.inf, 0]],), None, "stroke 1 has points that are not finite"),
        (([[0, 0]],), ([1, 2],), "one number for each point"),
        (([[0, 0]],), ([np.nan],), "radii that are not finite"),
        (([[0, 0]],), ([-1],), "less than zero"),
    ],
)
def test_impossible_strokes_are_refused(lines: tuple, radii: tuple | None, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        Strokes(tuple(map(np.array, lines)), radii and tuple(map(np.array, radii)))


def test_fewer_than_one_point_cannot_be_asked_for() -> None:
    with pytest.raises(DataError, match="1 point or more"):
        DOT.resampled(0)


def test_a_set_gives_back_what_was_written(path: Path) -> None:
    found = StrokeSet.open(path)
    assert found.chars == ("、", "十")
    assert "十" in found
    assert "永" not in found
    assert len(found) == 2
    assert (found.id, found.title, found.licence, found.version) == ("mine", "Mine", "CC0-1.0", "1")
    assert found.sha256 == sha256(path)
    assert [line.tolist() for line in found["十"].polylines] == [
        line.tolist() for line in CROSS.polylines
    ]
    assert found["、"].polylines[0].tolist() == [[0.5, 0.5]]
    assert found["十"].radii is None
    assert found.stroke_count("十") == 2
    with pytest.raises(KeyError):
        found["永"]


def test_a_set_carries_radii_and_what_it_is_derived_from(tmp_path: Path) -> None:
    header = HEADER.model_copy(update={"derived_from": ("hanzi-writer",)})
    wide = strokes([(0, 0), (1, 1)], radii=0.125)
    found = StrokeSet.write(tmp_path / "wide.safetensors", {"一": wide}, header)
    assert found.derived_from == ("hanzi-writer",)
    assert found.has_radii
    assert found["一"].radii[0].tolist() == [0.125, 0.125]


def test_the_same_strokes_give_the_same_bytes(path: Path, tmp_path: Path) -> None:
    again = write(tmp_path / "again.safetensors", {"、": DOT, "十": CROSS}, HEADER)
    assert again.path.read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("glyphs", "complaint"),
    [
        ({}, "one character or more"),
        ({"ab": DOT}, "is not one character"),
        ({"a": strokes([(5, 0)])}, "too far outside"),
    ],
)
def test_what_cannot_be_written_leaves_nothing(
    tmp_path: Path, glyphs: dict, complaint: str
) -> None:
    with pytest.raises(DataError, match=complaint):
        write(tmp_path / "bad.safetensors", glyphs, HEADER)
    assert not list(tmp_path.iterdir())


def test_a_set_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no stroke set there"):
        StrokeSet.open(tmp_path / "none.safetensors")


def rewritten(path: Path, header: dict | None = None, **tensors: np.ndarray) -> Path:
    known = json.loads(HEADER.model_dump_json()) | (header or {})
    data = save({**load_file(path), **tensors}, {KEY: json.dumps(known)})
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ({"format": 2}, "of format 2; this fontgan reads format 1"),
        ({"colour": "red"}, "damaged stroke set .colour"),
        ({"id": "../up"}, "damaged stroke set .id"),
        ({"title": 3}, "damaged stroke set .title"),
    ],
)
def test_a_set_of_another_version_or_with_a_foreign_header_is_refused(
    path: Path, header: dict, complaint: str
) -> None:
    with pytest.raises(DataError, match=complaint):
        StrokeSet.open(rewritten(path, header))


@pytest.mark.parametrize(
    "tensors",
    [
        {"codes": np.array([0x5341, 0x3001], np.uint32)},
        {"codes": np.array([1, 0x110000], np.uint32)},
        {"codes": np.array([1], np.uint32)},
        {"codes": np.array([1, 2], np.int64)},
        {"strokes": np.array([0, 1, 9], np.uint32)},
        {"strokes": np.array([0, 0, 3], np.uint32)},
        {"points": np.array([0, 1, 3, 4_000_000_000], np.uint32)},
        {"points": np.array([0, 4, 1, 6], np.uint32)},
        {"points": np.array([], np.uint32)},
        {"xy": np.zeros((6, 3), np.int16)},
        {"xy": np.zeros((2, 2), np.int16)},
        {"radii": np.zeros(1, np.uint16)},
        {"more": np.zeros(1, np.uint16)},
    ],
)
def test_a_set_whose_tensors_do_not_fit_is_damaged(path: Path, tensors: dict) -> None:
    with pytest.raises(DataError, match="damaged stroke set"):
        StrokeSet.open(rewritten(path, **tensors))


def test_no_damage_to_the_bytes_gives_another_error(path: Path) -> None:
    data, chance = path.read_bytes(), random.Random(7)
    for cut in (0, 7, 8, 200, len(data) - 1):
        path.write_bytes(data[:cut])
        with pytest.raises(DataError):
            StrokeSet.open(path)
    for _ in range(300):
        changed = bytearray(data)
        changed[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(changed)
        try:
            found = StrokeSet.open(path)
            assert all(len(found[char]) >= 1 for char in found)
        except DataError as error:
            assert "\n" not in str(error)


def test_every_embedded_set_is_what_the_catalogue_says() -> None:
    for record in catalogue.available():
        if not record.embedded:
            continue
        found = catalogue.find(record.id)
        assert (found.id, found.sha256, len(found)) == (record.id, record.sha256, record.characters)
        assert found.header == record.header
        assert (record.folder / record.licence_file).read_text(encoding="utf-8").strip()
        assert "CHANGED" in (record.folder / "NOTICE.txt").read_text(encoding="utf-8")
        for name, count in record.coverage.items():
            assert sum(char in found for char in Charset.parse(name)) == count


def test_every_embedded_character_lies_about_its_em_box() -> None:
    for set_id in catalogue.present():
        found = catalogue.find(set_id)
        for char in found.chars[::97]:
            assert (found[char].box >= -0.3).all(), (set_id, char)
            assert (found[char].box <= 1.3).all(), (set_id, char)
            assert np.abs(found[char].resampled(8)).max() * UNITS < 32768


def test_strokes_stand_in_writing_order_with_y_down() -> None:
    dot, _, turn, left_falling, right_falling = catalogue.find("hanzi-writer")["永"].polylines
    assert dot[0, 1] < 0.2 < turn[0, 1]
    assert left_falling[-1, 0] < left_falling[0, 0] < right_falling[-1, 0]
    assert right_falling[-1, 1] > right_falling[0, 1]
    three = catalogue.find("kanjivg")["三"].polylines
    assert [bool(line[0, 0] < line[-1, 0]) for line in three] == [True] * 3
    assert three[0][0, 1] < three[1][0, 1] < three[2][0, 1]


def test_sets_are_asked_in_order_and_the_set_is_told() -> None:
    assert catalogue.strokes_of("永")[1] == "hanzi-writer"
    assert catalogue.strokes_of("永", ["kanjivg", "hanzi-writer"])[1] == "kanjivg"
    assert catalogue.strokes_of("あ")[1] == "kanjivg"
    assert catalogue.strokes_of("g", ["hershey-script"])[1] == "hershey-script"
    assert catalogue.strokes_of("ก") is None


def test_an_unknown_set_and_one_not_fetched_are_named() -> None:
    with pytest.raises(DataError, match="did you mean kanjivg"):
        catalogue.find("kanjivgg")
    with pytest.raises(DataError, match="fontgan strokes fetch kanjivg-kaisho"):
        catalogue.find("kanjivg-kaisho")
