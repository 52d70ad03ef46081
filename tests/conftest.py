"""Shared fixtures. torch runs on one thread: small tensors are faster so, and results repeat."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import pytest

CHARS = "永和九年天地人大小中国水火木金土日月山川"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture
def double() -> Iterator[None]:
    """Networks made in this test are of double precision."""
    import torch

    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set: 3 styles x 20 characters at 32 px, 4 characters held out."""
    from made_data import build

    from fontgan.glyphs.canvas import Canvas

    folder = tmp_path_factory.mktemp("data") / "set"
    styles = ["long-cang", "ma-shan-zheng", "xiaolai"]
    build("noto-sans-sc", styles, CHARS, folder, Canvas(size=32), holdout=0.2)
    return folder


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate-gold", action="store_true", help="rewrite tests/gold")


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep a user's fetched fonts out of the tests, and the tests out of the user's cache."""
    os.environ["FONTGAN_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command line; return (exit status, stdout, stderr)."""
    from fontgan.cli.app import main

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["fontgan", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code or 0, *capsys.readouterr()

    return call
