"""Checkpoints: one safetensors file with a JSON header; no code, no pickle, never half-written.

The file holds plain tensors named ``networks/<network>/<weight>``, ``averages/...``,
``optimisers/<network>/<number>/<value>`` and ``rng/<device>``. Its safetensors metadata has one
entry, ``fontgan``: JSON with the settings, style names, canvas, source face and progress
(`fontgan.runs.header`). Any safetensors reader can open it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from fontgan.errors import CheckpointError
from fontgan.files import atomic_write
from fontgan.nn.meta import without_memory
from fontgan.runs.header import CHECKPOINT, Header, opened
from fontgan.runs.migration import without_biases


@dataclass
class Checkpoint:
    """A header, and tensors by name."""

    header: Header
    tensors: dict[str, Tensor]

    def write(self, path: Path) -> None:
        """Write beside and rename; an interruption leaves the old file as it was."""
        metadata = CHECKPOINT.write(self.header)
        with atomic_write(path) as beside:
            beside.touch()
            mode = beside.stat().st_mode  # safetensors would leave a file that only its owner reads
            try:
                save_file(self.tensors, beside, metadata=metadata)
            except SafetensorError as error:
                raise _os_error(path, error) from None
            beside.chmod(mode)

    @classmethod
    def read(cls, path: Path, prefixes: tuple[str, ...] = ("",)) -> Checkpoint:
        """Read a checkpoint, or only the tensors whose names have one of the prefixes.

        Raises:
            CheckpointError: missing, damaged, foreign or newer file, or a header that cannot be.
        """
        with opened(path, "pt") as file:
            header = CHECKPOINT.read(path, file.metadata())
            names = [name for name in file.keys() if name.startswith(prefixes)]  # noqa: SIM118
            return cls(header, {name: file.get_tensor(name) for name in names})

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


def check_networks(
    make: Callable[[], Mapping[str, nn.Module]], checkpoint: Checkpoint, group: str
) -> None:
    """Hold weights against networks that take no memory yet: a header may ask for gigabytes.

    Args:
        make: makes the networks that the checkpoint's header describes.
        checkpoint: with the weights.
        group: of weights; a network of which the checkpoint holds none is passed over.

    Raises:
        CheckpointError: the weights are of other networks.
    """
    with without_memory():
        try:
            networks = make()
        except (RuntimeError, ValueError, OverflowError, TypeError, ZeroDivisionError) as error:
            first = str(error).splitlines()[0]
            raise CheckpointError(f"its header describes no network: {first}") from None
        held = {name: net for name, net in networks.items() if checkpoint.under(f"{group}/{name}")}
        load_networks(held, checkpoint, group)


def load_networks(networks: Mapping[str, nn.Module], checkpoint: Checkpoint, group: str) -> None:
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
