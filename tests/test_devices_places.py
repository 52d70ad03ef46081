"""What docs/scaling.md shows does what it says, for each of its schedulers."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from fontgan.cli.app import load

from fontgan.store.store import GlyphStore

DOC = (Path(__file__).parents[1] / "docs" / "scaling.md").read_text(encoding="utf-8")

GROUP = typer.main.get_command(load())


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


@pytest.fixture
def shell(tmp_path: Path):
    """Run text with bash in an empty folder, with a `fontgan` that is this one."""
    start = "import sys; from fontgan.cli.app import main; sys.argv[0] = 'fontgan'; main()"
    program = tmp_path / "bin" / "fontgan"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{start}" "$@"\n')
    program.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()

    def call(text: str, **environment: str) -> str:
        text = text.replace("common-100", "text:永和九年天地")
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=home,
            env={**os.environ, "PATH": path, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    call.home = home
    return call


def test_the_options_of_every_command_exist() -> None:
    text = "\n".join(blocks("sh")).replace("parallel", "").replace('"', "")
    lines = re.findall(r"fontgan (\w+) (.*)", text)
    drawn = ["infer", "evaluate", "evaluate", "infer"]
    assert [name for name, _ in lines] == [*drawn, "train", "train", "train", "train"]
    for name, words in lines:
        known = {option for one in GROUP.commands[name].params for option in one.opts}
        assert set(re.findall(r"(?<!\S)--?[a-z-]+", words)) <= known, words


def test_a_slurm_array(shell) -> None:
    (script,) = blocks("bash")
    for number in ("2", "1"):
        out = shell(script, SLURM_ARRAY_TASK_ID=number, SLURM_ARRAY_TASK_COUNT="2")
        assert out == ("" if number == "2" else "sharded\n")
    assert len(GlyphStore.open(shell.home / "sharded").styles) == 3


def test_an_indexed_kubernetes_job(shell) -> None:
    (job,) = blocks("yaml")
    count = re.search(r"completions: (\d+)", job)
    words = re.search(r"- >-\n(.*?)\n +volumeMounts", job, re.DOTALL)
    assert count
    assert words
    for number in range(int(count[1])):
        shell(" ".join(words[1].split()), JOB_COMPLETION_INDEX=str(number))
    assert len(list((shell.home / "glyphs").glob("*/U+*.png"))) == 2 * 6
