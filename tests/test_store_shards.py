from __future__ import annotations

import json
import subprocess
import sys
from itertools import chain, permutations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_codes import train_coded
from tiny_runs import hidden, train

from fontgan import workflows
from fontgan.errors import ConfigError, DataError
from fontgan.store import build_shard
from fontgan.store.shard import Shard
from fontgan.store.store import GlyphStore

CHARS = "永和九年天地人大小中国"
FACES = ("long-cang", "ma-shan-zheng", "xiaolai")


def shards(count: int) -> list[Shard]:
    return [Shard(number, count) for number in range(1, count + 1)]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and not file.name.startswith(".")
    }


@pytest.mark.parametrize("count", [1, 2, 5, 30])
def test_shares_are_disjoint_alike_and_everything(count: int) -> None:
    shares = [shard.of(CHARS) for shard in shards(count)]
    assert sorted(chain.from_iterable(shares)) == sorted(CHARS)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
    assert shares == [shard.of(CHARS) for shard in shards(count)]


@pytest.mark.parametrize("text", ["0/2", "3/2", "1/0", "2", "a/b", "1/2/3", "-1/2", "1.0/2", ""])
@pytest.mark.parametrize(
    "words",
    [
        ("render", "long-cang", "--chars", "text:永", "-o", "out"),
        ("build", "--source", "noto-sans-sc", "-t", "xiaolai", "--chars", "text:永", "-o", "out"),
        ("infer", "-o", "out"),
        ("evaluate", "--json"),
    ],
)
def test_no_such_share_is_one_line(run, tmp_path: Path, monkeypatch, text: str, words) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*words, "--shard", text)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("fontgan: shard ")
    assert not any(tmp_path.iterdir())


# --- render ---


def test_render(run, tmp_path: Path) -> None:
    fonts = ("long-cang", "xiaolai", "--chars", f"text:{CHARS}", "--size", 32, "--jobs", 1)
    assert run("render", *fonts, "-o", tmp_path / "whole")[0] == 0
    drawn = []
    for number in (3, 1, 2):
        words = ("-o", tmp_path / "shares", "--shard", f"{number}/3", "--json")
        code, out, _ = run("render", *fonts, *words)
        assert code == 0
        drawn += [file for face in json.loads(out)["faces"] for file in face["files"]]
    assert len(set(drawn)) == len(drawn) == 2 * len(CHARS)
    assert contents(tmp_path / "shares") == contents(tmp_path / "whole")
    assert hidden(tmp_path) == []


def test_more_shares_than_characters_is_no_error(run, tmp_path: Path) -> None:
    words = ("long-cang", "--chars", "text:永", "--size", 32, "-o", tmp_path, "--jobs", 1)
    assert [run("render", *words, "--shard", f"{number}/2")[0] for number in (1, 2)] == [0, 0]
    assert [file.name for file in tmp_path.iterdir()] == ["U+6C38_永.png"]


def test_a_sheet_is_not_made_by_a_share(run, tmp_path: Path) -> None:
    words = ("--chars", "text:永", "--sheet", tmp_path / "s.png", "--shard", "1/2")
    code, _, err = run("render", "long-cang", *words)
    assert (code, err.count("\n")) == (2, 1)
    assert "without --shard" in err


# --- build ---


def build(out: Path, shard: Shard | None = None, **settings):
    asked = ("noto-sans-sc", FACES, f"text:{CHARS}", out)
    settings = {"size": 32, "holdout": 0.2, **settings}
    if shard:
        return workflows.build_share(shard, *asked, **settings)
    return workflows.build(*asked, **settings)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("whole") / "data").path


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_build_in_any_order(whole: Path, tmp_path: Path, order) -> None:
    *first, last = [build(tmp_path / "data", Shard(number, 3)) for number in order]
    assert [share.store for share in first] == [None, None]
    assert last.store is not None
    assert last.missing == ()
    assert contents(tmp_path / "data") == contents(whole)
    assert hidden(tmp_path) == []


def test_a_data_set_without_all_its_shares_says_so(whole: Path, tmp_path: Path) -> None:
    assert build(tmp_path, Shard(1, 2)).missing == ("long-cang", "xiaolai")
    with pytest.raises(DataError, match="unfinished"):
        GlyphStore.open(tmp_path)
    before = (tmp_path / "faces" / "source.npy").stat().st_mtime_ns
    build(tmp_path)  # without a shard: whatever is missing
    assert (tmp_path / "faces" / "source.npy").stat().st_mtime_ns == before
    assert contents(tmp_path) == contents(whole)
    assert build(tmp_path, Shard(2, 2)).store is not None


def test_a_share_refuses_another_data_set(tmp_path: Path) -> None:
    build(tmp_path / "data", Shard(1, 2))
    before = contents(tmp_path)
    with pytest.raises(DataError, match="another data set; it differs in seed"):
        build(tmp_path / "data", Shard(2, 2), seed=1)
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "mother.txt").touch()
    with pytest.raises(DataError, match="holds other files"):
        build(tmp_path / "letters", Shard(1, 2))
    assert contents(tmp_path / "data") == {
        name.removeprefix("data/"): text for name, text in before.items()
    }


def test_an_interrupted_share_leaves_the_others_alone(whole, tmp_path: Path, monkeypatch) -> None:
    other = tmp_path / "faces" / "000-long-cang.part"

    def interrupt(*_: object) -> None:
        other.touch()  # another share begins to draw
        raise KeyboardInterrupt

    monkeypatch.setattr("fontgan.store.build._finish", interrupt)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, Shard(1, 2))
    assert [file.name for file in tmp_path.rglob("*.part")] == [other.name]
    monkeypatch.undo()
    assert build(tmp_path, Shard(2, 2)).store is None
    assert build(tmp_path, Shard(1, 2)).store is not None
    assert contents(tmp_path) == contents(whole)


def test_a_share_sees_the_others_after_its_own(whole, tmp_path: Path, monkeypatch) -> None:
    """Two that end at once: whoever looks last sees all, whatever happened in between."""
    build(tmp_path, Shard(2, 2))
    finish = build_shard._finish

    def late(*arguments):
        monkeypatch.undo()
        assert build(tmp_path, Shard(1, 2)).store is not None
        return finish(*arguments)

    monkeypatch.setattr(build_shard, "_finish", late)
    assert build(tmp_path, Shard(1, 2)).store is not None
    assert contents(tmp_path) == contents(whole)


def test_build_from_the_command_line(run, whole: Path, tmp_path: Path) -> None:
    words = ("--source", "noto-sans-sc", "-t", ",".join(FACES), "--chars", f"text:{CHARS}")
    words = (*words, "--size", 32, "--holdout", 0.2, "--jobs", 1, "-o", tmp_path / "data")
    code, out, err = run("build", *words, "--shard", "2/2")
    assert (code, out) == (0, "")
    assert err == "share 2/2: 2 faces; 2 are missing\n"
    code, out, err = run("build", *words, "--shard", "1/2")
    assert (code, out) == (0, f"{tmp_path / 'data'}\n")
    assert "share 1/2: 2 faces; all shares are there" in err
    assert contents(tmp_path / "data") == contents(whole)
    code, _, err = run("build", *words, "--shard", "1/2", "--force")
    assert code == 2
    assert "does not go with --force" in " ".join(err.split())


def test_processes_at_once_make_one_data_set(whole: Path, tmp_path: Path) -> None:
    words = ["--source", "noto-sans-sc", "-t", ",".join(FACES), "--chars", f"text:{CHARS}"]
    words += ["--size", "32", "--holdout", "0.2", "--jobs", "1", "-o", str(tmp_path / "data")]
    start = "import sys; from fontgan.cli.app import main; sys.argv[0] = 'fontgan'; main()"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", start, "build", *words, "--shard", f"{number}/4"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number in range(1, 5)
    ]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 4, said
    assert contents(tmp_path / "data") == contents(whole)
    assert any(out.decode().strip() == str(tmp_path / "data") for out, _ in said)


# --- infer ---


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    return train(data, folder, "iterations=2", "dropout_at_inference=false").folder


def pictures(folder: Path) -> dict[str, np.ndarray]:
    return {
        name: np.asarray(Image.open(folder / name)).astype(int)
        for name in contents(folder)
        if name.endswith(".png")
    }


def same(one: Path, other: Path) -> None:
    """Compare two drawings; pixels may differ by rounding, for a share has other batches."""
    ours, theirs = pictures(one), pictures(other)
    assert ours.keys() == theirs.keys()
    for name, picture in ours.items():
        assert np.abs(picture - theirs[name]).max() <= 1, name
    manifests = [(folder / "manifest.json").read_text() for folder in (one, other)]
    assert manifests[0] == manifests[1]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_infer_in_any_order(model: Path, tmp_path: Path, order) -> None:
    asked = {"styles": ["0", "2"], "chars": f"text:{CHARS}龘", "batch_size": 3}
    one = workflows.infer(model, out=tmp_path / "one", **asked)
    parts = [
        workflows.infer(model, out=tmp_path / "more", shard=Shard(number, 3), **asked)
        for number in order
    ]
    names = [file.relative_to(tmp_path / "one") for file in one.files]
    drawn = [file.relative_to(tmp_path / "more") for part in parts for file in part.files]
    assert sorted(drawn) == sorted(names)
    assert [part.sheet is None for part in parts] == [True, True, False]
    same(tmp_path / "one", tmp_path / "more")
    assert {part.missing[0] for part in parts} == {"龘"}


def test_shares_without_a_folder(model: Path) -> None:
    asked = {"styles": ["1"], "chars": f"text:{CHARS}"}
    whole = workflows.infer(model, **asked)
    for shard in shards(4):
        part = workflows.infer(model, shard=shard, **asked)
        assert part.chars == shard.of(whole.chars)
        wanted = whole.images[:, shard.number - 1 :: 4].astype(int)
        assert np.abs(part.images.astype(int) - wanted).max() <= 1


def test_codes_are_those_of_the_whole(data: Path, tmp_path: Path) -> None:
    run = train_coded(data, tmp_path / "run", "iterations=2")
    for name, codes in (("vary", {"vary": True, "samples": 2}), ("samples", {"samples": 2})):
        asked = {"styles": ["0", "1"], "chars": f"text:{CHARS}", **codes}
        workflows.infer(run, out=tmp_path / name, **asked)
        for shard in shards(2):
            workflows.infer(run, out=tmp_path / f"{name}-more", shard=shard, **asked)
        same(tmp_path / name, tmp_path / f"{name}-more")


def test_until_all_shares_are_drawn_the_folder_is_unfinished(model: Path, tmp_path: Path) -> None:
    asked = {"styles": ["0"], "chars": f"text:{CHARS}", "out": tmp_path}
    two = shards(2)
    workflows.infer(model, shard=two[0], **asked)
    workflows.infer(model, shard=two[0], **asked)  # once more is not the other
    workflows.infer(model, shard=Shard(2, 3), **asked)  # nor is one of three
    assert json.loads((tmp_path / "manifest.json").read_text())["unfinished"]
    assert workflows.infer(model, shard=two[1], **asked).sheet
    assert "unfinished" not in json.loads((tmp_path / "manifest.json").read_text())
    assert workflows.infer(model, shard=two[0], **asked).sheet  # redrawn: it is whole again
    asked["chars"] = f"text:{CHARS[:4]}"
    part = workflows.infer(model, shard=two[0], **asked)
    assert part.sheet is None
    assert "7 glyphs of an earlier drawing removed" in part.notes[-1]
    workflows.infer(model, shard=two[1], **asked)
    assert len(list(tmp_path.glob("U+*.png"))) == 4


def test_infer_from_the_command_line(run, model: Path, tmp_path: Path) -> None:
    words = ("infer", model, "--style", "0", "--text", "永和九", "-o", tmp_path)
    code, out, err = run(*words, "--shard", "2/2")
    assert (code, out) == (0, f"{tmp_path / 'U+548C_和.png'}\n")
    assert "1 glyph in" in err
    assert "other shares are not drawn yet" in err
    code, out, err = run(*words, "--shard", "1/2")
    assert [Path(file).name for file in out.split()] == ["U+6C38_永.png", "U+4E5D_九.png"]
    assert f"sheet {tmp_path / 'sheet.png'}" in err


# --- evaluate ---


def scores_of(folder: Path, run, *words: object, count: int = 3) -> list[Path]:
    files = []
    for number in range(1, count + 1):
        code, out, _ = run("evaluate", *words, "--shard", f"{number}/{count}", "--json")
        assert code == 0
        files.append(folder / f"{number}.json")
        files[-1].write_text(out)
    return files


def nearly(found: dict, wanted: dict) -> None:
    assert found.keys() == wanted.keys()
    for name, values in found.items():
        assert values == pytest.approx(wanted[name], rel=1e-4, abs=1e-5), name


@pytest.mark.parametrize("what", ["run", "folder"])
def test_merged_scores_are_those_of_all(run, model, data, tmp_path: Path, what: str) -> None:
    words: tuple[object, ...] = (model,)
    if what == "folder":
        workflows.infer(model, out=tmp_path / "drawn")
        words = (tmp_path / "drawn", "--against", data)
    code, out, _ = run("evaluate", *words, "--json")
    whole = json.loads(out)
    files = scores_of(tmp_path, run, *words)
    code, out, err = run("evaluate", "--merge", *files[::-1], "--json")
    merged = json.loads(out)
    assert (code, merged["glyphs"]) == (0, whole["glyphs"])
    assert list(merged["by_style"]) == list(whole["by_style"])
    nearly({"mean": merged["mean"]}, {"mean": whole["mean"]})
    nearly(merged["by_style"], whole["by_style"])
    nearly(merged["truth"], whole["truth"])
    by_name = [
        {(glyph["style"], glyph["char"]) for glyph in scores["each"]} for scores in (merged, whole)
    ]
    assert by_name[0] == by_name[1]
    assert len(merged["each"]) == len(by_name[0])  # none twice
    assert (merged["whole"], list(whole["whole"])) == ({}, ["fid_glyph"])
    code, out, err = run("evaluate", "--merge", *files, "--fail-under", "l1=0")
    assert code == 1
    assert "glyph-FID is left out" in err
    assert "xiaolai" in out


def test_more_shares_than_glyphs_score_nothing(run, model: Path, tmp_path: Path) -> None:
    files = scores_of(tmp_path, run, model, "--style", "xiaolai", count=5)
    assert json.loads(files[4].read_text())["glyphs"] == 0
    code, out, _ = run("evaluate", "--merge", *files, "--json")
    assert (code, json.loads(out)["glyphs"]) == (0, 4)


def test_merging_what_does_not_go_together(run, model: Path, tmp_path: Path) -> None:
    one, two, _ = scores_of(tmp_path, run, model, "--style", "xiaolai")
    (tmp_path / "other").mkdir()
    other = scores_of(tmp_path / "other", run, model, "--style", "long-cang")[2]
    for files, code, says in (
        ((one, two), 2, "share 3/3 is missing"),
        ((one, two, two), 2, "are both share 2/3"),
        ((one, two, other), 1, "of another evaluation than"),
        ((one, two, tmp_path / "none.json"), 1, "no such file"),
        ((one, two, model / "settings.toml"), 1, "not the output of"),
        ((), 2, "nothing to merge"),
    ):
        status, out, err = run("evaluate", "--merge", *files)
        assert (status, out, err.count("\n")) == (code, "", 1)
        assert says in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--shard", "1/2"), "add --json"),
        (("--shard", "1/2", "--json", "--fail-under", "l1=1"), "give it to --merge"),
        (("--shard", "1/2", "--json", "--report", "r.html"), "makes no sheet and no report"),
        (("--merge", "--shard", "1/2"), "no other settings"),
        (("one", "two"), "only --merge takes several files; the data set is given by --against"),
    ],
)
def test_shares_asked_for_wrongly(run, words, says: str) -> None:
    code, out, err = run("evaluate", *words)
    assert (code, out) == (2, "")
    assert says in " ".join(err.replace("│", "").split())


def test_a_shard_of_a_program_is_checked_too() -> None:
    with pytest.raises(ConfigError, match="shards are 1/N to N/N"):
        Shard(3, 2)
