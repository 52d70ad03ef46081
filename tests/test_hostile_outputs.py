"""What is written: whole or not at all, where a link leads, by one process at a time."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading

import pytest
from filelock import FileLock

from fontgan import files
from fontgan.errors import DataError
from fontgan.files import atomic_write, check_folder, part_name, sweep
from fontgan.store.build import LOCK, build
from fontgan.store.request import DataRequest

ON_UNIX = pytest.mark.skipif(os.name == "nt", reason="pipes, links and processes of Unix")


@pytest.mark.parametrize("name", [".", "", ".."])
def test_a_folder_named_as_a_file_is_told_as_it_was_given(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IsADirectoryError), atomic_write(name):
        pass
    (tmp_path / "full").mkdir()
    with pytest.raises(IsADirectoryError) as raised, atomic_write("full") as part:
        part.write_text("x")
    assert raised.value.filename == "full"
    assert os.listdir(tmp_path) == ["full"]


@ON_UNIX
def test_a_link_is_followed(tmp_path):
    (tmp_path / "far").mkdir()
    real, link = tmp_path / "far" / "real.txt", tmp_path / "link.txt"
    real.write_text("old")
    link.symlink_to(real)
    with atomic_write(link) as part:
        part.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@ON_UNIX
def test_a_pipe_is_written_into_and_stays(tmp_path):
    pipe, heard = tmp_path / "pipe.txt", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))
    reader.start()
    with atomic_write(pipe) as part:
        part.write_text("through")
    reader.join(10)
    assert heard == ["through"]
    assert pipe.is_fifo()


def test_a_full_disk_is_told_with_the_name(tmp_path):
    with pytest.raises(OSError) as raised, atomic_write(tmp_path / "a.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.filename == str(tmp_path / "a.txt")


def test_names_at_the_limit_of_the_file_system_can_be_written(tmp_path):
    path = tmp_path / ("字" * 80 + ".txt")
    with atomic_write(path) as part:
        part.write_text("x")
    assert path.read_text() == "x"


def left_by(process: int, folder, name="a", suffix=".png"):
    part = folder / part_name(name, suffix).replace(f"-{os.getpid()}-", f"-{process}-")
    part.write_text("half")
    return part


@ON_UNIX
def test_what_killed_processes_left_is_swept_and_nothing_else(tmp_path, monkeypatch):
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, check=True)  # fmt: skip
    dead = int(done.stdout)
    left, alive = left_by(dead, tmp_path), left_by(os.getppid(), tmp_path)
    other = tmp_path / ".a-notes-1-2.png"
    other.write_text("the user's")
    monkeypatch.setattr(files, "_host", lambda: "abcdef")
    elsewhere = left_by(dead, tmp_path)
    monkeypatch.undo()
    sweep(tmp_path)
    assert not left.exists()
    assert alive.exists()
    assert other.exists()
    assert elsewhere.exists()  # a process of another machine, which may run yet
    os.utime(elsewhere, (0, 0))
    with atomic_write(tmp_path / "b.png") as part:
        part.write_text("x")
    assert elsewhere.exists()
    with atomic_write(tmp_path / "a.png") as part:
        part.write_text("x")
    assert not elsewhere.exists()


def test_a_file_where_a_folder_shall_be_is_told_at_once(tmp_path, run):
    (tmp_path / "file").write_text("x")
    check_folder(tmp_path / "new" / "er")
    for place in ("file", "file/in/it"):
        with pytest.raises(NotADirectoryError):
            check_folder(tmp_path / place)
    code, _, err = run("render", "noto-sans-sc", "-c", "text:a", "-o", tmp_path / "file")
    assert (code, err.count("\n")) == (1, 1)
    assert f"a file stands where a folder is needed: {tmp_path / 'file'}" in err


def test_a_second_build_into_a_folder_is_refused(tmp_path):
    request = DataRequest("noto-sans-sc", ("long-cang",), tuple("abcd"), size=32)
    with FileLock(tmp_path / LOCK), pytest.raises(DataError, match="another process is building"):
        build(request, tmp_path)
    store = build(request, tmp_path)
    assert len(store.chars) == 4


def test_what_an_interruption_stops_is_removed(tmp_path, monkeypatch):
    from fontgan.workflows import rendering

    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(rendering, "encode", stop)
    with pytest.raises(KeyboardInterrupt):
        rendering.render(["noto-sans-sc"], "text:ab", tmp_path / "out", size=32)
    assert list((tmp_path / "out").iterdir()) == []
