"""Whole fonts by package name, pinned version and hash, through the npm client into the cache."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from fontgan.errors import FontError, MissingDependencyError
from fontgan.faces.catalogue import (
    SOURCE_NAME,
    Entry,
    face_folder,
    fetched_folder,
    find,
    font_path,
)
from fontgan.files import atomic_write, cache_dir, sha256

LICENCE_NAME = "LICENSE.txt"
Progress = Callable[[Entry, str], None]


def fetch(ids: Iterable[str], progress: Progress | None = None) -> list[Path]:
    """Fetch the whole fonts of ``ids`` and return their paths; what is there is not got again.

    ``progress`` is called with each entry and "there", "fetching" or "fetched". An interrupted
    or failed fetch leaves nothing behind, and the faces before it stay.

    Raises:
        FontError: an unknown id, a face that cannot be fetched, a package whose hash differs.
        MissingDependencyError: the npm client is not installed.

    """
    tell = progress or (lambda _entry, _state: None)
    wanted = [_fetchable(find(face_id)) for face_id in dict.fromkeys(ids)]
    for entry in wanted:
        if fetched_folder(entry):
            tell(entry, "there")
            continue
        tell(entry, "fetching")
        _fetch(entry)
        tell(entry, "fetched")
    return [font_path(entry) for entry in wanted]


def download(package: str, version: str, expected: str, folder: Path) -> Path:
    """Let npm put the tarball of a package into ``folder`` and check its SHA-256.

    Raises:
        FontError: npm cannot get it, or the hash is not ``expected``.
        MissingDependencyError: the npm client is not installed.

    """
    npm = shutil.which("npm")
    if npm is None:
        raise MissingDependencyError(
            "fetching fonts needs npm, which is not on the PATH; install Node.js, which brings it"
        )
    options = ["--pack-destination", ".", "--ignore-scripts", "--loglevel", "error"]
    command = [npm, "pack", f"{package}@{version}", *options]
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    tarballs = list(folder.glob("*.tgz"))
    if done.returncode or len(tarballs) != 1:
        raise FontError(f"npm could not get {package}@{version}: {_reason(done.stderr)}")
    found = sha256(tarballs[0])
    if found != expected:
        raise FontError(
            f"{package}@{version} is not the package that was checked (sha256 {found[:12]}..., "
            f"expected {expected[:12]}...); it was not used"
        )
    return tarballs[0]


def extract(tarball: Path, patterns: Sequence[str], folder: Path) -> list[Path]:
    """Extract the plain files that match ``patterns`` flat into ``folder``; nothing else.

    Raises:
        FontError: a path that leads out of the package, or a pattern that matches nothing.

    """
    unmatched, written = set(patterns), []
    with tarfile.open(tarball, "r:gz") as archive:
        for member in archive:
            name = _inner_name(member.name, tarball)
            matching = [pattern for pattern in patterns if _matches(name, pattern)]
            source = archive.extractfile(member) if matching and member.isreg() else None
            if source is None:
                continue
            unmatched.difference_update(matching)
            written.append(folder / name.name)
            with source, open(written[-1], "xb") as target:
                shutil.copyfileobj(source, target)
    if unmatched:
        raise FontError(f"{tarball.name} holds no {', '.join(sorted(unmatched))}")
    return written


def _fetchable(entry: Entry) -> Entry:
    if not entry.fetchable:
        raise FontError(f"{entry.id} cannot be fetched; the embedded face is all there is of it")
    return entry


def _fetch(entry: Entry) -> None:
    goal = cache_dir() / "fonts" / entry.id
    goal.parent.mkdir(parents=True, exist_ok=True)
    # Beside the goal, not in the system's temporary folder, which may be small.
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=goal.parent) as temporary:
        tarball = download(entry.package, entry.version, entry.tarball_sha256, Path(temporary))
        with atomic_write(goal) as folder:
            folder.mkdir()
            extract(tarball, entry.fetch, folder)
            _add_licence(entry, tarball, folder)
            _note_source(entry, folder)
            shutil.rmtree(goal, ignore_errors=True)  # an older version


def _add_licence(entry: Entry, tarball: Path, folder: Path) -> None:
    """Put the licence beside the fonts: the package's, or ours where the package has none."""
    goal = folder / LICENCE_NAME
    if not entry.licence_file:
        shutil.copyfile(face_folder(entry) / LICENCE_NAME, goal)
        return
    (taken,) = extract(tarball, [entry.licence_file], folder)
    taken.rename(goal)


def _note_source(entry: Entry, folder: Path) -> None:
    source = {
        "package": entry.package,
        "version": entry.version,
        "tarball_sha256": entry.tarball_sha256,
        "licence": entry.licence,
    }
    (folder / SOURCE_NAME).write_text(json.dumps(source, indent=2) + "\n", encoding="utf-8")


def _inner_name(name: str, tarball: Path) -> PurePosixPath:
    """Return a member's path below the tarball's top folder; refuse one that leads outside."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise FontError(f"{tarball.name} holds an unsafe path ({name[:60]!r}); it was not used")
    return PurePosixPath(*path.parts[1:])


def _matches(name: PurePosixPath, pattern: str) -> bool:
    parts = PurePosixPath(pattern).parts
    return len(parts) == len(name.parts) and all(map(fnmatchcase, name.parts, parts))


def _reason(stderr: str) -> str:
    """Pick the telling words out of what npm wrote."""
    lines = [line.removeprefix("npm").strip() for line in stderr.splitlines()]
    errors = [line.split(maxsplit=1)[1] for line in lines if line.startswith(("error ", "ERR! "))]
    return "; ".join(errors[:2]) or "it gave no reason; check the network and try again"
