"""The folder of a data set: what is in it already, and making it ready for a plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fontgan.errors import DataError
from fontgan.files import atomic_write, sweep
from fontgan.store.plan import Plan
from fontgan.store.shared_texts import FORMAT, VERSION
from fontgan.store.store import GlyphStore
from fontgan.untrusted import read_json


def is_there(plan: Plan, out: Path, force: bool) -> bool:
    """Tell whether the very data set is there, whole; refuse when something else is."""
    if not out.exists():
        return False
    if not out.is_dir():
        raise DataError(f"{out} is a file; give a folder for the data set")
    old = _read_plan(out)
    if old == {} and not force:
        raise DataError(f"{out}/plan.json is damaged; replace the data set with --force")
    if old is None and _others(out) and not force:
        raise DataError(f"{out} holds other files; choose another folder, or add --force")
    if old is not None and old.get("request") != plan.request():
        if not force:
            what = differences(old.get("request") or {}, plan.request())
            raise DataError(
                f"{out} holds another data set; it differs in {what}; "
                "choose another folder, or replace it with --force"
            )
        return False
    if force or not (out / "manifest.json").is_file():
        return False
    return _is_whole(out)


def _others(out: Path) -> bool:
    """Tell whether there are files; hidden ones may be those that another share begins with."""
    return any(not file.name.startswith(".") for file in out.iterdir())


def _is_whole(out: Path) -> bool:
    """Tell whether the data set opens; one with a damaged face is drawn again where needed."""
    try:
        GlyphStore.open(out)
    except DataError:
        return False
    return True


def _read_plan(out: Path) -> dict[str, Any] | None:
    try:
        plan = read_json(out / "plan.json")
    except FileNotFoundError:
        return None
    except (ValueError, OSError):
        return {}
    fits = isinstance(plan, dict) and isinstance(plan.get("request"), dict)
    return plan if fits else {}


def prepare(plan: Plan, out: Path, afresh: bool) -> None:
    """Make the folder; of another data set, remove the manifest first and then its faces."""
    (out / "faces").mkdir(parents=True, exist_ok=True)
    _sweep(out)
    (out / "manifest.json").unlink(missing_ok=True)
    old = _read_plan(out)
    if afresh or old is None or old.get("fingerprint") != plan.fingerprint:
        for file in (out / "faces").iterdir():
            if file.suffix in (".npy", ".json", ".part"):
                file.unlink()
    _write_plan(plan, out)


def prepare_share(plan: Plan, out: Path) -> None:
    """Make the folder, or find it made by another share; several may do so at once.

    Nothing is removed: `is_there` has refused every folder that has something else. The plan comes
    first, since a folder with other files and no plan is not a data set's.
    """
    out.mkdir(parents=True, exist_ok=True)
    _sweep(out)
    if not (out / "plan.json").exists():
        _write_plan(plan, out)
    (out / "faces").mkdir(exist_ok=True)


def _sweep(out: Path) -> None:
    sweep(out)
    sweep(out / "faces")


def _write_plan(plan: Plan, out: Path) -> None:
    about = {"fingerprint": plan.fingerprint, "request": plan.request()}
    write_json(out / "plan.json", {"format": FORMAT, "version": VERSION, **about})


def differences(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Name the settings in which two requests differ, in words."""
    defaults: dict[str, Any] = {"split": "character", "chars_of": {}}
    old, new = defaults | old, defaults | new
    return ", ".join(
        _difference(key, old.get(key), new[key]) for key in new if old.get(key) != new[key]
    )


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON, whole or not at all."""
    with atomic_write(path, sweeping=False) as part:
        text = json.dumps(value, ensure_ascii=False, indent=1)
        part.write_text(text + "\n", encoding="utf-8", newline="\n")


def _difference(key: str, old: Any, new: Any) -> str:
    if key == "chars" and isinstance(old, str):
        return f"chars ({len(old)} there, {len(new)} asked)"
    if key == "canvas" and isinstance(old, dict):
        return ", ".join(
            _difference(name, old.get(name), new[name])
            for name in new
            if old.get(name) != new[name]
        )
    if key == "chars_of":
        return "the characters of some styles (--chars-of)"
    if key in ("source", "styles"):
        return f"{key} ({_names(old)} there, {_names(new)} asked)"
    return f"{key} ({old} there, {new} asked)"


def _names(faces: Any) -> str:
    faces = faces if isinstance(faces, list) else [faces]
    names = [str(face.get("name")) for face in faces if isinstance(face, dict)]
    return ", ".join(names[:4]) + (" ..." if len(names) > 4 else "")
