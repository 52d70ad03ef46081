"""A run that is resumed in a new process equals one that was never stopped, bit for bit."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_methods import TABLE
from tiny_runs import differing, tensors

from fontgan import workflows
from fontgan.training.pace import Event

pytestmark = pytest.mark.xdist_group("resume")  # one process trains all rows for all of them

RESUME = """
import sys
import torch
from fontgan import workflows
torch.set_num_threads(1)
for run in sys.argv[1:]:
    workflows.resume(run, device="cpu")
"""


def words(settings: dict[str, Any]) -> list[str]:
    return [f"{key}={json.dumps(value).strip(chr(34))}" for key, value in settings.items()]


def train(row: str, data: Path, out: Path, tell: Callable[[Event], None]) -> str:
    method, own = TABLE[row]
    # Checks before the stop at 3: what they leave in the process must not matter. A stop looks too,
    # and so looks at what the straight run has looked at.
    more = ["batch_size=4", "iterations=4", "check=1", "save=2", "schedule=linear", "rotate=3"]
    done = workflows.train(
        data, out, method=method, settings=[*words(own), *more], device="cpu", tell=tell
    )
    return done.ended


def stop(event: Event) -> None:
    if (event.kind, event.iteration) == ("iteration", 3):
        signal.raise_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def resumed(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stopped run of every row of the table, all of which one new process has finished."""
    folder = tmp_path_factory.mktemp("resumed")
    runs = [folder / row for row in TABLE]
    for row, run in zip(TABLE, runs, strict=True):
        assert train(row, data, run, stop) == "SIGINT"
    subprocess.run([sys.executable, "-c", RESUME, *map(str, runs)], check=True, timeout=600)
    return folder


@pytest.mark.parametrize("row", TABLE)
def test_resuming_in_a_new_process_equals_not_stopping(
    row: str, data: Path, resumed: Path, tmp_path: Path
) -> None:
    assert train(row, data, tmp_path / "straight", lambda _: None) == "finished"
    for name in ("latest", "best"):
        straight = tensors(tmp_path / "straight", name=name)
        assert differing(straight, tensors(resumed / row, name=name)) == [], name
