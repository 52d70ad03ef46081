"""Stroke sets that are not embedded: made of pinned packages, checked by hash, in the cache."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from fontgan.errors import DataError, MissingDependencyError
from fontgan.files import atomic_write, sha256
from fontgan.strokes.catalogue import SET_NAME, Record, record
from fontgan.strokes.kanjivg import read_wheel
from fontgan.strokes.stroke_set import write


def fetch(set_id: str, package: str | Path | None = None) -> Path:
    """Make a set of its package and return its folder; one that is there is not made again.

    Args:
        set_id: of the catalogue.
        package: the package's file where it is on this machine already; by default pip gets it.

    Raises:
        DataError: no such set, an embedded one, or a package whose hash differs.
        MissingDependencyError: pip is not installed.
    """
    wanted = record(set_id)
    if wanted.embedded:
        raise DataError(f"{set_id} is embedded; there is nothing to fetch")
    if wanted.state == "fetched":
        return wanted.folder
    goal = wanted.folder
    goal.parent.mkdir(parents=True, exist_ok=True)
    # Beside the goal, not in the system's temporary folder, which may be small.
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=goal.parent) as temporary:
        file = _checked(wanted, Path(package)) if package else download(wanted, Path(temporary))
        with atomic_write(goal) as folder:
            folder.mkdir()
            write(folder / SET_NAME, read_wheel(file, wanted.variant), wanted.header)
            (folder / wanted.licence_file).write_bytes(licence_text(file))
            (folder / "NOTICE.txt").write_text(wanted.notice + "\n", encoding="utf-8")
            shutil.rmtree(goal, ignore_errors=True)  # half of one, of an older fontgan
    return goal


def download(wanted: Record, folder: Path) -> Path:
    """Let pip put a package from PyPI into ``folder`` and check its SHA-256.

    Raises:
        DataError: pip cannot get it, or the hash is another.
        MissingDependencyError: pip is not installed.
    """
    if importlib.util.find_spec("pip") is None:
        raise MissingDependencyError(
            f"fetching {wanted.id} needs pip, which is not installed here; get {wanted.package} "
            f"{wanted.version} from PyPI yourself and give its file with --from"
        )
    options = ["--no-deps", "--only-binary", ":all:", "--quiet", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options]
    done = subprocess.run(
        [*command, f"{wanted.package}=={wanted.version}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        why = "; ".join(said[:2]) or "it gave no reason; check the network and try again"
        raise DataError(f"pip could not get {wanted.package} {wanted.version}: {why}")
    return _checked(wanted, wheels[0])


def licence_text(wheel: Path) -> bytes:
    """Return the licence text of a KanjiVG wheel."""
    with zipfile.ZipFile(wheel) as archive:
        name = next((n for n in archive.namelist() if n.endswith("/licenses/COPYING")), None)
        if name is None:
            raise DataError(f"{wheel}: no licence text in it")
        return archive.read(name)


def _checked(wanted: Record, file: Path) -> Path:
    found = sha256(file)
    if found != wanted.package_sha256:
        raise DataError(
            f"{file} is not {wanted.package} {wanted.version} as it was checked (sha256 "
            f"{found[:12]}..., expected {wanted.package_sha256[:12]}...); it was not used"
        )
    return file
