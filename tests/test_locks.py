"""Two writers into one place: the second is refused, in one line, and nothing stays behind."""

from __future__ import annotations

import pytest
from made_fonts import save, some_glyphs

from fontgan.errors import DataError
from fontgan.locks import held, lock_beside, writing

# what is run, and the lock that another process would hold
COMMANDS = {
    "render": (("render", "font.ttf", "-c", "text:天", "-o", "out"), "out/.rendering.lock"),
    "scan": (("scan", "photo.png", "-o", "out"), ".out.lock"),
    "report": (("evaluate", "run", "--report", "r.html", "--device", "cpu"), ".r.html.lock"),
    "sheet": (("evaluate", "run", "--sheet", "s.png", "--device", "cpu"), ".s.png.lock"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_second_writer_is_refused(name, run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "font.ttf", some_glyphs("天"))
    words, lock = COMMANDS[name]
    with held(tmp_path / lock, RuntimeError()):
        code, out, err = run(*words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "another process is" in err


def test_shares_of_a_rendering_are_drawn_side_by_side(run, tmp_path):
    font = save(tmp_path / "font.ttf", some_glyphs("天地"))
    with held(tmp_path / "out" / ".rendering.lock", RuntimeError()):
        code, _, _ = run(
            "render", font, "-c", "text:天地", "-o", tmp_path / "out", "--shard", "1/2"
        )
    assert code == 0


def test_a_file_is_held_while_it_is_written(tmp_path):
    file = tmp_path / "a" / "model.onnx"
    with (
        writing(file, None),
        pytest.raises(DataError, match="another process is writing"),
        writing(file),
    ):
        pass
    assert not lock_beside(file).exists()


def test_a_device_is_nobodys_alone():
    with writing("/dev/null"), writing("/dev/null"):
        pass


@pytest.mark.parametrize("place", [".", "/"])
def test_a_scan_into_a_place_of_other_files_is_refused(place, run, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "other.txt").write_text("mine")
    monkeypatch.chdir(tmp_path / "here")
    code, _, err = run("scan", "photo.png", "-o", place)
    assert (code, err.count("\n")) == (1, 1)
    assert "choose another -o" in err
    assert {path.name for path in tmp_path.rglob("*")} == {"here", "other.txt"}
