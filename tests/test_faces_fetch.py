"""Fetching whole fonts: through npm only, checked by hash, whole or not at all."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
import tarfile
from pathlib import Path

import pytest

from fontgan.errors import FontError, MissingDependencyError
from fontgan.faces import catalogue
from fontgan.faces import fetch as fetching
from fontgan.faces.catalogue import Entry
from fontgan.files import sha256

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for npm is a Unix script")
GOOD = {"package/fonts/a.ttf": b"font a", "package/LICENCE": b"free", "package/index.js": b"no"}
NPM = """#!{python}
import os, pathlib, shutil, sys
folder = pathlib.Path({folder!r})
with open(folder / "calls", "a") as calls:
    print(*sys.argv[1:], file=calls)
if (folder / "fails").exists():
    sys.exit("npm error code E404\\nnpm error 404 Not Found - no such package")
shutil.copy(folder / "package.tgz", "hand-1.0.0.tgz")
"""


class Registry:
    """A stand-in for npm on the PATH, the package it hands out, and one catalogue entry."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.folder, self.monkeypatch = folder, monkeypatch
        self.cache = folder / "cache"
        npm = folder / "bin" / "npm"
        npm.parent.mkdir()
        npm.write_text(NPM.format(python=sys.executable, folder=str(folder)))
        npm.chmod(npm.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", str(npm.parent))
        monkeypatch.setenv("FONTGAN_CACHE", str(self.cache))
        self.publish(GOOD)

    def publish(self, members: dict[str, bytes], link: str = "", **changes: object) -> Entry:
        with tarfile.open(self.folder / "package.tgz", "w:gz") as archive:
            for name, data in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
            if link:
                info = tarfile.TarInfo("package/fonts/link.ttf")
                info.type, info.linkname = tarfile.SYMTYPE, link
                archive.addfile(info)
        values = {
            "id": "hand", "family": "Hand", "script": "latin", "kind": "handwriting",
            "licence": "OFL-1.1", "source": "npm", "package": "@x/hand", "version": "1.0.0",
            "tarball_sha256": sha256(self.folder / "package.tgz"), "embedded": False,
            "fetch": ("fonts/*.ttf",), "licence_file": "LICENCE",
        }  # fmt: skip
        entry = Entry(**(values | changes))
        self.monkeypatch.setattr(catalogue, "entries", lambda: (entry,))
        return entry

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def left(self) -> list[str]:
        return sorted(path.name for path in (self.cache / "fonts").glob("*"))


@pytest.fixture
def registry(tmp_path, monkeypatch):
    return Registry(tmp_path, monkeypatch)


def test_font_licence_and_source_are_kept_and_nothing_else(registry):
    states: list[str] = []
    (path,) = fetching.fetch(["hand"], progress=lambda _entry, state: states.append(state))
    assert path.read_bytes() == b"font a"
    kept = sorted(file.name for file in path.parent.iterdir())
    assert kept == ["LICENSE.txt", "a.ttf", "source.json"]
    assert (path.parent / "LICENSE.txt").read_bytes() == b"free"
    assert states == ["fetching", "fetched"]
    assert registry.calls()[0].startswith("pack @x/hand@1.0.0 ")
    assert registry.left() == ["hand"]


def test_what_is_there_is_not_got_again(registry):
    first = fetching.fetch(["hand", "hand"])
    states: list[str] = []
    again = fetching.fetch(["hand"], progress=lambda _entry, state: states.append(state))
    assert (again, states, len(registry.calls())) == (first, ["there"], 1)


def test_a_new_version_replaces_the_old(registry):
    fetching.fetch(["hand"])
    registry.publish({**GOOD, "package/fonts/a.ttf": b"better"}, version="2.0.0")
    (path,) = fetching.fetch(["hand"])
    assert path.read_bytes() == b"better"
    assert registry.left() == ["hand"]


def test_a_folder_of_pieces_is_one_face(registry):
    registry.publish({**GOOD, "package/fonts/b.ttf": b"font b"})
    (path,) = fetching.fetch(["hand"])
    assert sorted(file.name for file in path.glob("*.ttf")) == ["a.ttf", "b.ttf"]


def test_a_package_without_licence_gets_ours(registry):
    ours = registry.folder / "hand"
    ours.mkdir()
    (ours / "LICENSE.txt").write_text("ours")
    registry.monkeypatch.setattr(fetching, "face_folder", lambda _entry: ours)
    registry.publish(GOOD, licence_file="")
    (path,) = fetching.fetch(["hand"])
    assert (path.parent / "LICENSE.txt").read_text() == "ours"


def test_another_hash_is_refused(registry):
    registry.publish(GOOD, tarball_sha256="0" * 64)
    with pytest.raises(FontError, match="not the package that was checked"):
        fetching.fetch(["hand"])
    assert registry.left() == []


def test_without_npm_the_error_says_what_to_install(registry):
    registry.monkeypatch.setenv("PATH", str(registry.folder / "nowhere"))
    with pytest.raises(MissingDependencyError, match=r"install Node\.js"):
        fetching.fetch(["hand"])
    assert registry.left() == []


def test_what_npm_complains_of_is_passed_on(registry):
    (registry.folder / "fails").touch()
    with pytest.raises(FontError, match=r"@x/hand@1\.0\.0: code E404; 404 Not Found"):
        fetching.fetch(["hand"])
    assert registry.left() == []


@pytest.mark.parametrize(
    "name", ["package/../../evil.ttf", "/package/fonts/evil.ttf", "package\\..\\evil.ttf"]
)
def test_a_path_out_of_the_package_is_refused(registry, name):
    registry.publish({**GOOD, name: b"evil"})
    with pytest.raises(FontError, match="unsafe path"):
        fetching.fetch(["hand"])
    assert registry.left() == []
    assert not list(registry.folder.rglob("*evil*"))


def test_links_are_not_followed(registry):
    registry.publish(GOOD, link="/etc/hostname")
    (path,) = fetching.fetch(["hand"])
    assert path.name == "a.ttf"
    assert not (path.parent / "link.ttf").exists()


def test_a_package_without_the_font_is_refused(registry):
    registry.publish({"package/LICENCE": b"free"})
    with pytest.raises(FontError, match=r"holds no fonts/\*\.ttf"):
        fetching.fetch(["hand"])
    assert registry.left() == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "no space")])
def test_an_interrupted_fetch_leaves_nothing(registry, error):
    def stop(*_arguments: object) -> None:
        raise error

    registry.monkeypatch.setattr(fetching.shutil, "copyfileobj", stop)
    with pytest.raises(type(error)):
        fetching.fetch(["hand"])
    assert registry.left() == []


def test_a_failed_update_keeps_the_old_version(registry):
    fetching.fetch(["hand"])
    registry.publish({"package/LICENCE": b"free"}, version="2.0.0")
    with pytest.raises(FontError):
        fetching.fetch(["hand"])
    assert (registry.cache / "fonts" / "hand" / "a.ttf").read_bytes() == b"font a"


def test_a_face_that_npm_does_not_have_says_so(registry):
    registry.publish(GOOD, source="debian", embedded=True)
    with pytest.raises(FontError, match="cannot be fetched"):
        fetching.fetch(["hand"])


def test_an_unknown_id_stops_before_anything_is_got(registry):
    with pytest.raises(FontError, match="did you mean hand"):
        fetching.fetch(["hand", "hant"])
    assert registry.calls() == []
