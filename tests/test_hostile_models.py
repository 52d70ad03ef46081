"""Model files and data sets of others: names never become paths, sizes are not believed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny_runs import WORDS, train

from fontgan.errors import CheckpointError, DataError
from fontgan.inference.model import Model
from fontgan.store.store import GlyphStore

resource = pytest.importorskip("resource")
DEEP = '{"a":' * 5_000 + "1" + "}" * 5_000


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    train(data, folder, "iterations=1")
    return folder


def changed(file: Path, goal: Path, *keys: str, value: object) -> Path:
    """Copy a checkpoint, its header changed at one place; the tensors stay."""
    with safe_open(file, framework="pt") as opened:
        header = json.loads(opened.metadata()["fontgan"])
    place = header
    for key in keys[:-1]:
        place = place[int(key) if isinstance(place, list) else key]
    place[int(keys[-1]) if isinstance(place, list) else keys[-1]] = value
    save_file(load_file(file), goal, metadata={"fontgan": json.dumps(header)})
    return goal


def most_memory() -> int:
    """Return the most bytes that this process has held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


@pytest.mark.parametrize("name", ["../../outside", "/abs", "a\0", "<script>x</script>", 5, None])
def test_a_style_that_is_a_path_is_refused_and_nothing_is_written(trained, tmp_path, run, name):
    goal = changed(trained / "latest.safetensors", tmp_path / "evil.safetensors",
                   "task", "styles", "0", value=name)  # fmt: skip
    if isinstance(name, str):
        changed(goal, goal, "styles", "0", "name", value=name)
    (tmp_path / "a" / "b").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    code, _, err = run("infer", goal, "--text", "ab", "-o", tmp_path / "a" / "b" / "out")
    assert (code, err.count("\n")) == (1, 1)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("width", [4_000, 60_000, 10**9, 10**30])
@pytest.mark.parametrize("command", ["infer", "resume", "from", "export"])
def test_a_header_that_asks_for_gigabytes_is_refused_before_they_are_made(
    trained, data, tmp_path, run, width, command
):
    goal = tmp_path / "run" / "latest.safetensors"
    goal.parent.mkdir()
    changed(trained / "latest.safetensors", goal, "settings", "method", "width", value=width)
    changed(goal, goal, "settings", "method", "max_width", value=width)
    words = {
        "infer": ("infer", goal, "--text", "a", "-o", tmp_path / "out"),
        "resume": ("train", "--resume", "-o", goal.parent),
        "from": ("train", data, "--from", goal, "-o", tmp_path / "new"),
        "export": ("export", "weights", goal, "-o", tmp_path / "weights.safetensors"),
    }[command]
    before = most_memory()
    code, _, err = run(*words)
    assert code in (1, 2), err
    assert err.count("\n") <= 2
    assert most_memory() - before < 300e6


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("batch_size=1000000000", "batch_size"),
        ("code_size=1000000000000", "code_size"),
        ("generator_steps=99999999999999999999", "generator_steps"),
        ("seed=" + "9" * 10_000, "seed"),
        ("l1=" + "[" * 10_000, "l1"),
    ],
)
def test_an_impossible_setting_is_named(data, tmp_path, run, setting, names):
    code, _, err = run("train", data, "-o", tmp_path / "run", *WORDS, "--set", setting)
    assert (code, err.count("\n")) == (2, 1)
    assert f"{names} = " in err
    assert len(err) < 400
    assert not (tmp_path / "run").exists()


def test_a_toml_file_nested_too_deep_is_one_line(tmp_path, data, run):
    (tmp_path / "a.toml").write_text("a = " + "[" * 100_000)
    code, _, err = run("train", data, "--config", tmp_path / "a.toml", "-o", tmp_path / "run")
    assert (code, err.count("\n")) == (2, 1)
    assert "a.toml: not a TOML file" in err


@pytest.fixture
def copied(data: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "faces").mkdir(parents=True)
    for file in data.rglob("*"):
        if file.is_file():
            (folder / file.relative_to(data)).write_bytes(file.read_bytes())
    return folder


def rewritten(folder: Path, **values: object) -> Path:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))
    return folder


def style(folder: Path, **values: object) -> list[object]:
    styles = json.loads((folder / "manifest.json").read_text())["styles"]
    return [styles[0] | values, *styles[1:]]


@pytest.mark.parametrize(
    "values",
    [
        {"name": "../../outside"},
        {"name": 5},
        {"name": "all"},
        {"name": "\x1b[31m"},
        {"file": "../../etc/passwd"},
        {"file": "/etc/passwd"},
        {"file": "faces/../../a.npy"},
        {"file": "faces/\0.npy"},
        {"chars": None},
        {"chars": [1]},
        {"missing": 5},
        {"missing": {"blank": []}},
        {"family": {}},
    ],
)
def test_a_manifest_with_an_impossible_style_is_refused(copied, values):
    with pytest.raises(DataError, match="is damaged"):
        GlyphStore.open(rewritten(copied, styles=style(copied, **values)))


@pytest.mark.parametrize(
    "values",
    [
        {"chars": 5},
        {"canvas": None},
        {"canvas": {"size": "x"}},
        {"source": []},
        {"styles": {}},
        {"styles": []},
        {"held_out_chars": 7},
        {"held_out_styles": [{}]},
        {"split": "letter"},
        {"held_out_pairs": {"a": None}},
        {"fingerprint": None},
        {"texts": 5},
    ],
)
def test_a_manifest_with_values_of_other_types_is_refused(copied, values):
    with pytest.raises(DataError, match="is damaged"):
        GlyphStore.open(rewritten(copied, **values))


@pytest.mark.parametrize("text", [DEEP, "[" * 100_000, '{"a": ' + "1" * 10_000 + "}", "\x00"])
@pytest.mark.parametrize("name", ["manifest.json", "plan.json"])
def test_json_nested_too_deep_is_one_line(copied, run, text, name):
    (copied / name).write_text(text)
    words = ("data", "show") if name == "manifest.json" else ("build", "--source", "noto-sans-sc",
             "--targets", "long-cang", "--chars", "text:ab", "-o")  # fmt: skip
    code, _, err = run(*words, copied)
    assert (code, err.count("\n")) == (1, 1)
    assert "damaged" in err


@pytest.mark.parametrize("head", ["(" * 60_000, "{'descr': '|u1'", "{'descr': '|O', }\n", "\xff"])
def test_heads_of_images_are_never_read_as_python(copied, head):
    file = next((copied / "faces").glob("000-*.npy"))
    body = head.encode("latin-1")[:65_535]
    file.write_bytes(b"\x93NUMPY\1\0" + len(body).to_bytes(2, "little") + body + bytes(1024))
    with pytest.raises(DataError, match="is cut short or damaged"):
        GlyphStore.open(copied)


def test_a_drawn_manifest_that_names_no_file_is_borne(trained, tmp_path, run):
    out = tmp_path / "out"
    code, *_ = run("infer", trained, "--text", "ab", "-o", out)
    assert code == 0
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["glyphs"][0]["file"] = "\0"
    (out / "manifest.json").write_text(json.dumps(manifest))
    assert run("infer", trained, "--text", "a", "-o", out)[0] == 0


def test_weights_that_fit_their_header_load(trained):
    import torch

    assert Model.load(trained / "latest.safetensors", torch.device("cpu")).networks
    with pytest.raises(CheckpointError):
        Model.load(trained / "log.jsonl", torch.device("cpu"))
