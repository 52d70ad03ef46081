"""Codes files: ``codes.safetensors`` holds one tensor, ``codes`` (N, Z).

Its metadata has one entry, ``fontgan``: JSON with the method, the size of a code, a name for each,
and the fingerprint of the weights that they belong to (see `Model.fingerprint`): to other weights
the same numbers mean something else.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from fontgan.errors import CheckpointError
from fontgan.files import atomic_write
from fontgan.inference.latents import Codes
from fontgan.inference.model import Model

CODES_FILE = "codes.safetensors"
FORMAT, VERSION = "fontgan-codes", 1


def write_codes(codes: Codes, model: Model, path: Path) -> None:
    """Write shared codes (N, Z) with what they belong to."""
    about = {
        "format": FORMAT,
        "version": VERSION,
        "method": model.header.method,
        "z_size": codes.z.shape[1],
        "model": model.fingerprint,
        "names": codes.names,
    }
    metadata = {"fontgan": json.dumps(about, ensure_ascii=False)}
    with atomic_write(path) as beside:
        beside.write_bytes(save({"codes": codes.z.contiguous()}, metadata))


def read_codes(path: str | Path, model: Model) -> Codes:
    """Read a codes file, or that of a folder that `infer` wrote.

    Raises:
        FontganError: there is none, it is damaged or foreign, or its codes are of another model.
    """
    size, method = model.coded.z_size, model.header.method
    path = _codes_file(Path(path))
    about, codes = _load(path)
    if about.get("version") != VERSION:
        raise CheckpointError(f"{path}: written by another version of fontgan; make it again")
    if about.get("method") != method:
        raise CheckpointError(f"{path}: codes of a {about.get('method')} model; this is {method}")
    if about.get("z_size") != size:
        raise CheckpointError(
            f"{path}: codes of {about.get('z_size')} numbers; this model's have {size}"
        )
    if codes.z.shape != (max(1, len(codes.names)), size) or not codes.z.isfinite().all():
        raise CheckpointError(f"{path}: a damaged codes file; make it again")
    if about.get("model") != model.fingerprint:
        raise CheckpointError(
            f"{path}: codes of other weights, to which they mean something else; name the "
            "checkpoint that they were made with, or make them again"
        )
    return codes


def _codes_file(path: Path) -> Path:
    """Return the codes file of a folder, unless its glyphs were drawn without it."""
    if not path.is_dir():
        return path
    try:
        file = json.loads((path / "manifest.json").read_text(encoding="utf-8")).get("codes")
    except FileNotFoundError:
        file = CODES_FILE
    except (OSError, ValueError, AttributeError):
        file = None
    if file != CODES_FILE or not (path / CODES_FILE).exists():
        raise CheckpointError(
            f"{path}: its glyphs were not drawn with shared codes; draw some with --samples or "
            "--encode"
        )
    return path / CODES_FILE


def _load(path: Path) -> tuple[dict[str, Any], Codes]:
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads(file.metadata()["fontgan"])
            if about["format"] != FORMAT:
                raise KeyError("format")
            names = tuple(str(name) for name in about["names"])
            return about, Codes(file.get_tensor("codes").float(), names)
    except FileNotFoundError:
        raise CheckpointError(
            f"{path}: no such codes file; `fontgan infer` writes one with --samples or --encode"
        ) from None
    except (SafetensorError, OSError, KeyError, TypeError, ValueError):
        raise CheckpointError(
            f"{path}: not a codes file; `fontgan infer` writes one with --samples or --encode"
        ) from None
