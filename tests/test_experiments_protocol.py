from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from made_data import build
from tiny_runs import TINY, hidden, train

from fontgan import workflows
from fontgan.errors import CheckpointError, ConfigError, TrainingError
from fontgan.experiments import protocol_run
from fontgan.experiments.protocol_run import Ways, run_protocol
from fontgan.experiments.protocols import load, names
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.charset import Charset
from fontgan.store.split import held_out
from fontgan.store.store import GlyphStore

COUNTS = (10, 50, 100, 200, 500)
QUICK = Ways(adapt=("iterations=1",), device="cpu")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of two seen fonts and a few of the protocol's training characters."""
    folder = tmp_path_factory.mktemp("base")
    faces = ["long-cang", "xiaolai"]
    build("noto-sans-sc", faces, load("seen-font").train[:20], folder / "data", Canvas(size=32))
    return train(folder / "data", folder / "run", "iterations=1").folder


def test_every_protocol_has_its_name() -> None:
    wanted = [f"{stem}-{count}" for stem in ("unseen-both", "unseen-font") for count in COUNTS]
    assert sorted(names()) == sorted(["seen-font", *wanted])
    with pytest.raises(ConfigError, match="did you mean seen-font"):
        load("seen-fonts")


@pytest.mark.parametrize("name", ["seen-font", "unseen-font-500", "unseen-both-500"])
def test_the_lists_are_those_of_the_split_and_keep_apart(name: str) -> None:
    found = load(name)
    common = Charset.parse("common-1000").chars
    assert set(found.held_out) == held_out(common, 0.1, 0)
    assert set(found.train) | set(found.held_out) == set(common)
    assert (len(found.train), len(found.held_out), len(found.scored)) == (900, 100, 100)
    assert not set(found.added) & set(found.faces)
    for pick in found.picks:
        given = found.given(pick)
        assert len(set(given)) == 500
        assert set(given) <= set(found.train) - set(found.scored)


def test_what_is_scored() -> None:
    assert load("unseen-both-10").scored == load("seen-font").held_out
    seen = load("unseen-font-10").scored
    assert set(seen) == held_out(load("seen-font").train, 1 / 9, 1)
    assert load("unseen-font-10").added == ("lxgw-marker-gothic", "zhi-mang-xing")


def test_fewer_characters_are_the_first_of_more() -> None:
    for pick in ("chosen", "random-1", "random-2", "random-3"):
        lists = [load(f"unseen-both-{count}").given(pick) for count in COUNTS]
        assert [len(given) for given in lists] == list(COUNTS)
        assert all(lists[-1][: len(given)] == given for given in lists)
    assert load("unseen-both-50").given("random-1") != load("unseen-both-50").given("random-2")


def test_every_face_draws_every_character() -> None:
    found = load("unseen-both-500")
    for name in (found.source, *found.faces, *found.added):
        face = FontFace.open(name)
        assert all(face.has(char) for char in (*found.train, *found.held_out))


def test_adding_fonts_to_a_run(base: Path, tmp_path: Path) -> None:
    done = run_protocol("unseen-both-10", tmp_path, run=base, pick="random-1", ways=QUICK)
    found = load("unseen-both-10")
    store = GlyphStore.open(tmp_path / "added-data")
    assert store.style_names == found.added
    for style in store.styles:
        assert set(style.chars) == {*found.given("random-1"), *found.held_out}
    assert done.scores.glyphs == 200
    assert {glyph.char for glyph in done.scores.each} == set(found.held_out)
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert results["given"] == "".join(found.given("random-1"))
    assert set(results["scores"]["by_style"]) == set(found.added)
    assert any("not by the letter" in note for note in results["notes"])
    page = (tmp_path / "results.md").read_text(encoding="utf-8")
    assert page.startswith("# unseen-both-10, random-1\n")
    assert all(f"\n| {name} | 0." in page for name in found.added)
    assert hidden(tmp_path) == []
    other = run_protocol("unseen-font-10", tmp_path / "font", run=base, ways=QUICK)
    assert {glyph.char for glyph in other.scores.each} == set(load("unseen-font-10").scored)
    assert set(other.scores.by_style) == set(found.added)


def test_seen_fonts_from_data_to_results(monkeypatch, tmp_path: Path) -> None:
    chars = load("seen-font").train[:20]
    held = tuple(sorted(held_out(chars, 0.1, 0)))
    small = replace(
        load("seen-font"),
        faces=("long-cang", "xiaolai"),
        train=tuple(char for char in chars if char not in held),
        held_out=held,
        scored=held,
    )
    monkeypatch.setattr(protocol_run, "load", lambda _: small)
    ways = Ways(settings=(*TINY, "iterations=2"), size=32, device="cpu")
    done = run_protocol("seen-font", tmp_path, ways=ways)
    last = workflows.evaluate(tmp_path / "run" / "latest.safetensors", device="cpu")
    assert done.scores.mean == last.mean
    assert done.scores.glyphs == 2 * len(held)
    again = run_protocol("seen-font", tmp_path, ways=ways)
    assert again.scores.mean == last.mean
    assert again.results["model"]["iteration"] == 2
    further = replace(ways, settings=(*TINY, "iterations=3"))
    assert run_protocol("seen-font", tmp_path, ways=further).results["model"]["iteration"] == 3
    with pytest.raises(ConfigError, match=r"keeps its method\.width"):
        run_protocol("seen-font", tmp_path, ways=replace(ways, settings=("width=8",)))


def test_an_interrupted_training_is_not_scored(base: Path, monkeypatch, tmp_path: Path) -> None:
    stopped = workflows.TrainingResult(tmp_path, 1, 2, "SIGINT", {})
    monkeypatch.setattr(protocol_run, "train_or_go_on", lambda *_, **__: stopped)
    with pytest.raises(TrainingError, match="the same command goes on"):
        run_protocol("unseen-both-10", tmp_path, run=base, ways=QUICK)
    assert not (tmp_path / "results.json").exists()


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("seen-font", {"pick": "chosen"}, "leave --pick out"),
        ("unseen-both-10", {"pick": "chosn"}, "did you mean chosen"),
        ("seen-font", {"ways": QUICK}, "leave --adapt out"),
        ("unseen-both-10", {"ways": Ways(preset="small")}, "--run brings its own settings"),
        ("seen-font", {}, "does not know liu-jian-mao-cao|does not know ma-shan-zheng"),
    ],
)
def test_what_does_not_go_together(base: Path, tmp_path: Path, name: str, more, says: str) -> None:
    with pytest.raises((ConfigError, CheckpointError), match=says):
        run_protocol(name, tmp_path, run=base, **more)
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_has_seen_too_much_is_refused(tmp_path: Path) -> None:
    held = load("seen-font").held_out[:8]
    build("noto-sans-sc", ["long-cang"], held, tmp_path / "data", Canvas(size=32))
    run = train(tmp_path / "data", tmp_path / "run", "iterations=1").folder
    with pytest.raises(CheckpointError, match="was trained on 7 of the characters"):
        run_protocol("unseen-both-10", tmp_path / "out", run=run, ways=QUICK)


def test_the_command_lists_and_shows(run) -> None:
    code, out, _ = run("protocol", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[1:]] == names()
    code, out, _ = run("protocol", "show", "unseen-both-50", "--pick", "random-2")
    assert "".join(load("unseen-both-50").given("random-2")) in out
    shown = json.loads(run("protocol", "show", "seen-font", "--json")[1])
    assert shown["held_out"] == "".join(load("seen-font").held_out)
    code, out, err = run("protocol", "show", "unseen-both-51")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "did you mean unseen-both-50?" in err
