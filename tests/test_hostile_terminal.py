"""What reaches a terminal or a pipe: UTF-8, no escapes of others, one line whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from fontgan.cli import app as application
from fontgan.cli import console
from made_fonts import builder

BOX = ((100, 0, 500, 700),)
FONTGAN = [sys.executable, "-c", "from fontgan.cli.app import main; main()"]


def fontgan(*words: object, **more) -> subprocess.CompletedProcess[bytes]:
    environment = os.environ | {"PYTHONIOENCODING": "", "PYTHONUTF8": "0", **more.pop("env", {})}
    return subprocess.run(
        [*FONTGAN, *map(str, words)], env=environment, check=False, timeout=120, **more
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437"])
def test_a_pipe_carries_utf8_whatever_the_locale_says(encoding):
    done = fontgan("charset", "show", "latin", env={"PYTHONIOENCODING": encoding},
                   capture_output=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Žž" in done.stdout.decode("utf-8")


@pytest.mark.skipif(os.name == "nt", reason="closes the descriptor as a shell on Unix does")
def test_closed_standard_input_is_one_line():
    done = fontgan("charset", "show", "-", stdin=subprocess.DEVNULL, capture_output=True,
                   preexec_fn=lambda: os.close(0))  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(b"fontgan: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is full")
def test_a_full_standard_output_is_not_a_full_disk():
    with open("/dev/full", "w") as full:
        done = fontgan("charset", "show", "latin", stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.startswith(b"fontgan: standard output is full")
    assert done.stderr.count(b"\n") == 1


def test_names_in_a_font_reach_no_terminal_raw(tmp_path, run):
    font = builder({"a": BOX}, family="\x1b]0;owned\x07[red]x[/]")
    font.setupNameTable({"familyName": "\x1b[2J[red]x[/nope]", "copyright": "\u202eevil"})
    font.save(tmp_path / "a.ttf")
    code, out, err = run("fonts", "show", tmp_path / "a.ttf")
    assert code == 0, err
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "[red]x[/nope]" in out


def test_cells_are_never_markup(capsys):
    grid = console.table("name", "[b]head[/b]")
    grid.add_row("x[/]", "\x1b[31m")
    console.print_table(grid)
    assert capsys.readouterr().out.split() == ["name", "[b]head[/b]", "x[/]", "\\x1b[31m"]


def test_a_message_is_one_line_that_one_can_read(capsys):
    with pytest.raises(SystemExit):
        sys.exit(application._fail("no \x1b[31m " + "x" * 10_000 + " or " + "word " * 9_000))
    said = capsys.readouterr().err
    assert said.startswith("fontgan: no \\x1b[31m x")
    assert said.count("\n") == 1
    assert len(said) < 1_300


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "not enough memory"),
        (RecursionError(), "nested too deeply"),
        (UnicodeEncodeError("utf-8", "a\udcff", 1, 2, "no"), "rename it"),
        (FileExistsError(17, "File exists", "o"), "a file stands where a folder is needed: o"),
    ],
)
def test_the_last_net_is_one_line(error, says, monkeypatch, capsys):
    def fails() -> None:
        raise error

    monkeypatch.setattr(application, "_run", fails)
    assert application._status() == 1
    assert says in capsys.readouterr().err


def test_torch_without_memory_is_one_line_and_its_other_errors_are_shown(monkeypatch, capsys):
    import torch

    monkeypatch.setattr(application, "_run", lambda: torch.empty(2**60))
    assert application._status() == 1
    assert "not enough memory" in capsys.readouterr().err
    monkeypatch.setattr(application, "_run", lambda: torch.zeros(2) @ torch.zeros(3))
    with pytest.raises(RuntimeError):
        application._status()


# Minutes of work, so that a signal comes before its end however late it is sent.
LONG_WORK = [
    *(*FONTGAN, "render", "noto-sans-sc", "long-cang", "xiaolai", "ma-shan-zheng", "zcool-kuaile"),
    *("-c", "gb2312-1", "--size", "512", "--jobs", "2"),
]


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_command_with_one_line_and_its_workers_with_it(tmp_path, number, status):
    command = [*LONG_WORK, "-o", str(tmp_path / "out")]
    heard = partial(signal.signal, number, signal.SIG_DFL)  # what runs the tests may ignore it
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=heard
    ) as process:
        await_files(tmp_path / "out", process)
        process.send_signal(number)
        _, said = process.communicate(timeout=120)
    assert process.returncode == status
    assert said.startswith(b"fontgan: interrupted")
    assert said.count(b"\n") == 1
    assert not list((tmp_path / "out").rglob(".*"))
    assert all_gone(process.pid)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    command = [*LONG_WORK, "-o", str(tmp_path / "out")]
    with subprocess.Popen(command, start_new_session=True) as process:
        await_files(tmp_path / "out", process)
        process.kill()
    assert all_gone(process.pid)


def await_files(folder: Path, process: subprocess.Popen) -> None:
    while not list(folder.rglob("U+*")):
        assert process.poll() is None
        time.sleep(0.02)


def all_gone(session: int, most: float = 30.0) -> bool:
    """Wait until no process of a session is left but those that nobody has buried yet."""
    end = time.monotonic() + most
    while time.monotonic() < end:
        alive = 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                state, _, _, owner = stat.read_text().rpartition(")")[2].split()[:4]
            except OSError:
                continue
            alive += int(owner) == session and state not in "ZX"
        if not alive:
            return True
        time.sleep(0.05)
    return False
