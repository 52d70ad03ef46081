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

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from fontgan.errors import CheckpointError
from fontgan.files import atomic_write
from fontgan.training.trainer import Trainer

FORMAT = "fontgan-checkpoint"
VERSION = 1


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


def training_state(trainer: Trainer) -> dict[str, Tensor]:
    """Return every tensor that training needs to go on as if it had never stopped."""
    tensors = {**drawing_state(trainer), **_optimiser_state(trainer)}
    tensors["rng/cpu"] = torch.get_rng_state()
    if trainer.device.type == "cuda":
        tensors["rng/cuda"] = torch.cuda.get_rng_state(trainer.device)
    scale = trainer.scaler.state_dict()
    tensors |= {f"scaler/{key}": torch.tensor(value) for key, value in scale.items()}
    return tensors


def drawing_state(trainer: Trainer) -> dict[str, Tensor]:
    """Return the weights of all networks, and their averages."""
    groups = {"networks": trainer.networks, "averages": trainer.averages}
    return {
        f"{group}/{name}/{key}": tensor.detach().contiguous().cpu()
        for group, nets in groups.items()
        for name, network in nets.items()
        for key, tensor in network.state_dict().items()
    }


def restore(trainer: Trainer, checkpoint: Checkpoint) -> None:
    """Put a trainer back where `training_state` took it.

    Raises:
        CheckpointError: the checkpoint is of another model, or holds weights only.
    """
    if "rng/cpu" not in checkpoint.tensors:
        raise CheckpointError(
            "the checkpoint holds weights only, no state of training; start a new run with --from"
        )
    load_networks(trainer.networks, checkpoint, "networks")
    load_networks(trainer.averages, checkpoint, "averages")
    for name, optimiser in trainer.optimisers.items():
        state: dict[int, dict[str, Tensor | float]] = {}
        plain = isinstance(optimiser, torch.optim.SparseAdam)  # it counts with a plain number
        for key, tensor in checkpoint.under(f"optimisers/{name}").items():
            number, value = key.split("/")
            kept = tensor.item() if plain and value == "step" else tensor
            state.setdefault(int(number), {})[value] = kept
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": state, "param_groups": groups})
    scale = {key: value.item() for key, value in checkpoint.under("scaler").items()}
    if scale and trainer.scaler.is_enabled():
        trainer.scaler.load_state_dict(scale)
    trainer.iteration = int(checkpoint.header["iteration"])
    torch.set_rng_state(checkpoint.tensors["rng/cpu"])
    if trainer.device.type == "cuda" and "rng/cuda" in checkpoint.tensors:
        torch.cuda.set_rng_state(checkpoint.tensors["rng/cuda"], trainer.device)


def load_networks(networks: dict[str, nn.Module], checkpoint: Checkpoint, group: str) -> None:
    """Load weights of a group (``networks`` or ``averages``) into networks of the same shapes.

    Raises:
        CheckpointError: the checkpoint is of another model.
    """
    for name, network in networks.items():
        try:
            network.load_state_dict(checkpoint.under(f"{group}/{name}"))
        except RuntimeError as error:
            first = str(error).splitlines()[-1].strip()
            raise CheckpointError(
                f"the checkpoint's {name} does not fit this model: {first}"
            ) from None


def _optimiser_state(trainer: Trainer) -> dict[str, Tensor]:
    return {
        f"optimisers/{name}/{number}/{key}": torch.as_tensor(value).detach().contiguous().cpu()
        for name, optimiser in trainer.optimisers.items()
        for number, values in optimiser.state_dict()["state"].items()
        for key, value in values.items()
    }
