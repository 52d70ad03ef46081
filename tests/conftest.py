"""Shared fixtures, and a surrounding in which tests find the same on every machine.

torch runs on one thread (small tensors are faster so, and results repeat), output is 80 columns
wide, plain and in UTF-8, and names are looked up and connections made on this machine alone. What
the environment says holds in the processes that tests start, too.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ |= {
    "OMP_NUM_THREADS": "1",
    "COLUMNS": "80",
    "LINES": "24",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "NO_COLOR": "1",
    "TERM": "xterm",
}

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


@pytest.fixture(scope="session")
def pen(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a method that moves a pen; tests must not change it."""
    from tiny_runs import TINY_STROKES

    from fontgan import workflows

    home, words = tmp_path_factory.mktemp("pen") / "run", [*TINY_STROKES, "iterations=8"]
    return workflows.train(data, home, method="penstroke", settings=words, device="cpu").folder


@pytest.fixture(scope="session")
def family(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny run of every method, by its name.

    Tests that take it are of the group ``family``, so that one process trains them all. They may
    export into the runs' folders, and change nothing else there.
    """
    from tiny_family import train_tiny

    from fontgan import methods

    home = tmp_path_factory.mktemp("family")
    return {name: train_tiny(name, data, home / name) for name in methods.available()}


def pytest_configure() -> None:
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "LANGUAGE"):
        os.environ.pop(name, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--regenerate-gold", action="store_true", help="rewrite tests/gold")


@pytest.fixture(autouse=True, scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep a user's fonts, caches and settings out of the tests, and the tests out of theirs."""
    home = tmp_path_factory.mktemp("home")
    os.environ |= {"HOME": str(home), "FONTGAN_CACHE": str(home / "fontgan")}
    for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
        os.environ[f"XDG_{kind}_HOME"] = str(home / kind.lower())


class NoNetworkError(AssertionError):
    """A test asked for a machine other than its own."""


@pytest.fixture(autouse=True, scope="session")
def own_machine() -> Iterator[None]:
    """Refuse every connection that leaves this machine, and to look up a name."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(own: socket.socket, address: Any) -> None:
        if own.family in (socket.AF_INET, socket.AF_INET6):
            _refuse(address[0])
        connect(own, address)

    def look_up_here(host: Any, *more: Any, **settings: Any) -> Any:
        _refuse(host)
        return look_up(host, *more, **settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        patch.setattr(socket, "getaddrinfo", look_up_here)
        yield


def _refuse(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host or "localhost"
    if name in ("localhost", "0.0.0.0", "::", socket.gethostname()):
        return
    try:
        here = ipaddress.ip_address(name).is_loopback
    except ValueError:
        here = False
    if not here:
        raise NoNetworkError(f"tests do not use the network, and this one asks for {name}")


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
