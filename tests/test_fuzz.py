"""A selection of the cases of `tests/fuzz`, and what went wrong once; ``make fuzz`` runs more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.known import ROWS
from fuzz.subjects import tiny

from fontgan import methods
from fontgan.training.settings import load_settings

CASES = 300


@pytest.mark.skipif(sys.platform != "linux", reason="limits and memory are Linux's")
def test_hostile_files_and_command_lines_end_with_one_line() -> None:
    # A process of its own: forking one that has threads, as pytest's may have, is not safe.
    number = ["--cases", str(CASES - len(ROWS)), "--seed", "0"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--known", "--few", *number],
        cwd=Path(__file__).parents[1],
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"| all | {CASES} |" in done.stdout


@pytest.mark.parametrize("method", methods.available())
def test_every_method_can_be_made_as_small_as_the_cases_of_make_fuzz_are(method: str) -> None:
    settings = load_settings(method, assignments=tiny(method)[1::2])
    assert settings.training.iterations == 2
    assert settings.training.batch_size == 4
