"""Codes files: ``codes.safetensors`` holds one tensor, ``codes`` (N, Z).

Its metadata has one entry, ``fontgan``: JSON with the method, the size of a code, a name for each,
and the fingerprint of the weights that they belong to (see `Model.fingerprint`): to other weights
the same numbers mean something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from fontgan.errors import CheckpointError
from fontgan.files import atomic_write
from fontgan.inference.latents import Codes
from fontgan.inference.model import Model
from fontgan.limits import MANIFEST_BYTES
from fontgan.runs.metadata import Format
from fontgan.untrusted import read_json

CODES_FILE = "codes.safetensors"
_MAKE_ONE = "`fontgan infer` writes one with --samples or --encode"


@dataclass(frozen=True)
class About:
    """What the metadata of a codes file say.

    Attributes:
        method: name of the model's method.
        z_size: numbers Z of a code.
        model: fingerprint of the weights that the codes belong to.
        names: whose handwriting each is the code of; empty for random ones.
    """

    method: str
    z_size: int
    model: str
    names: tuple[str, ...]


CODES = Format("fontgan-codes", 1, About, f"not a codes file; {_MAKE_ONE}")


def write_codes(codes: Codes, model: Model, path: Path) -> None:
    """Write shared codes (N, Z) with what they belong to."""
    about = About(model.header.method, codes.z.shape[1], model.fingerprint, codes.names)
    with atomic_write(path) as beside:
        beside.write_bytes(save({"codes": codes.z.contiguous()}, CODES.write(about)))


def read_codes(path: str | Path, model: Model) -> Codes:
    """Read a codes file, or that of a folder that `infer` wrote.

    Raises:
        FontganError: there is none, it is damaged or foreign, or its codes are of another model.
    """
    sizes, method = model.coded.code_sizes, model.header.method
    path = _codes_file(Path(path))
    with _opened(path) as file:
        about = CODES.read(path, file.metadata())
        if about.method != method:
            raise CheckpointError(f"{path}: codes of a {about.method} model; this is {method}")
        if about.z_size not in sizes:
            theirs = " or ".join(map(str, sizes))
            raise CheckpointError(
                f"{path}: codes of {about.z_size} numbers; this model's have {theirs}"
            )
        shape = [max(1, len(about.names)), about.z_size]
        fits = file.get_slice("codes").get_shape() == shape
        z = file.get_tensor("codes") if fits else torch.empty(0)
    if not fits or not z.is_floating_point() or not z.isfinite().all():
        raise CheckpointError(f"{path}: a damaged codes file; make it again")
    if about.model != model.fingerprint:
        raise CheckpointError(
            f"{path}: codes of other weights, to which they mean something else; name the "
            "checkpoint that they were made with, or make them again"
        )
    return Codes(z.float(), about.names)


def _codes_file(path: Path) -> Path:
    """Return the codes file of a folder, unless its glyphs were drawn without it."""
    if not path.is_dir():
        return path
    try:
        file = read_json(path / "manifest.json", MANIFEST_BYTES).get("codes")
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


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such codes file; {_MAKE_ONE}") from None
    except (SafetensorError, OSError):
        raise CheckpointError(f"{path}: not a codes file; {_MAKE_ONE}") from None
