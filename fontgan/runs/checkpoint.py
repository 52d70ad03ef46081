"""Checkpoints: one safetensors file with a JSON header; no code, no pickle, never half-written.

The file holds plain tensors named ``networks/<network>/<weight>``, ``averages/...``,
``optimisers/<network>/<number>/<value>`` and ``rng/<device>``. Its safetensors metadata has one
entry, ``fontgan``: JSON with the settings, style names, canvas, source face and progress. Any
    safetensors reader can
open it.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from fontgan.errors import CheckpointError
from fontgan.files import atomic_write
from fontgan.runs.migration import without_biases

FORMAT = "fontgan-checkpoint"
VERSION = 2  # 1 has biases before norms (see `fontgan.runs.migration`)


@dataclass
class Checkpoint:
    """A header of plain values, and tensors by name."""

    header: dict[str, Any]
    tensors: dict[str, Tensor]

    def write(self, path: Path) -> None:
        """Write beside and rename; an interruption leaves the old file as it was."""
        header = {"format": FORMAT, "version": VERSION, **self.header}
        text = json.dumps(header, ensure_ascii=False)
        with atomic_write(path) as beside:
            beside.touch()
            mode = beside.stat().st_mode  # safetensors would leave a file that only its owner reads
            try:
                save_file(self.tensors, beside, metadata={"fontgan": text})
            except SafetensorError as error:
                raise _os_error(path, error) from None
            beside.chmod(mode)

    @classmethod
    def read(cls, path: Path, prefixes: tuple[str, ...] = ("",)) -> Checkpoint:
        """Read a checkpoint, or only the tensors whose names have one of the prefixes.

        Raises:
            CheckpointError: missing, damaged, foreign or newer file.
        """
        try:
            with safe_open(path, framework="pt") as file:
                header = read_about(
                    path,
                    file.metadata(),
                    FORMAT,
                    VERSION,
                    "a safetensors file, but not a fontgan checkpoint",
                )
                names = [name for name in file.keys() if name.startswith(prefixes)]  # noqa: SIM118
                return cls(header, {name: file.get_tensor(name) for name in names})
        except FileNotFoundError:
            raise CheckpointError(f"{path}: no such checkpoint") from None
        except (SafetensorError, OSError) as error:
            raise CheckpointError(
                f"{path}: not a readable checkpoint, damaged or foreign ({error})"
            ) from None

    def under(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors below ``prefix/``, without it."""
        start = f"{prefix}/"
        return {
            name.removeprefix(start): tensor
            for name, tensor in self.tensors.items()
            if name.startswith(start)
        }


def _os_error(path: Path, error: SafetensorError) -> OSError:
    """Return what the system said (disk full, say), which safetensors gives only as text."""
    number = re.search(r"os error (\d+)", str(error))
    if number:
        return OSError(int(number[1]), os.strerror(int(number[1])), str(path))
    return OSError(f"{path}: could not be written: {error}")


def read_about(
    path: Path, metadata: dict[str, str] | None, form: str, newest: int, otherwise: str
) -> dict[str, Any]:
    """Return what a file's metadata says under ``fontgan``, if it is a format read here.

    Args:
        path: of the file, for messages.
        metadata: of the file.
        form: name of the format wanted.
        newest: newest version of it that is read here.
        otherwise: what the file is when it is not of this format.

    Raises:
        CheckpointError: another format, or a newer version.
    """
    try:
        about = json.loads((metadata or {})["fontgan"])
        kind, version = about["format"], about["version"]
    except (KeyError, TypeError, ValueError):
        kind, version = None, 0
    if kind != form or not isinstance(version, int):
        raise CheckpointError(f"{path}: {otherwise}")
    if version > newest:
        raise CheckpointError(
            f"{path}: written by a newer fontgan (version {version}); upgrade fontgan to read it"
        )
    return about  # type: ignore[no-any-return]


def load_networks(networks: dict[str, nn.Module], checkpoint: Checkpoint, group: str) -> None:
    """Load weights of a group (``networks`` or ``averages``) into networks of the same shapes.

    Raises:
        CheckpointError: the checkpoint is of another model.
    """
    for name, network in networks.items():
        try:
            network.load_state_dict(without_biases(network, checkpoint.under(f"{group}/{name}")))
        except RuntimeError as error:
            first = str(error).splitlines()[-1].strip()
            raise CheckpointError(
                f"the checkpoint's {name} does not fit this model: {first}"
            ) from None
