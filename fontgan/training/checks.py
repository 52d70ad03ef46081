"""What must hold for a training: of its settings before it begins, of its losses while it runs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from fontgan.errors import ConfigError, TrainingError, nearest
from fontgan.methods.base import Method, Networks


def check_finite(values: dict[str, Tensor], step: str, iteration: int) -> None:
    """Raise if a loss is not finite.

    Raises:
        TrainingError: it names the term and the iteration.
    """
    for name, value in values.items():
        if not torch.isfinite(value):
            raise TrainingError(
                f"the {step}'s loss {name} is {value.item()} in iteration {iteration + 1}; "
                "training stopped, and the last checkpoint before it is intact: try a lower rate"
            )


def check_batch_size(method: Method, size: int, devices: int) -> None:
    """Raise if batches of a size cannot be shared among the method's branches and the devices.

    Raises:
        ConfigError: it names a size that can.
    """
    multiple = method.batch_multiple * devices
    if size % multiple:
        who = "this method" + (f" on {devices} devices" if devices > 1 else "")
        raise ConfigError(
            f"training.batch_size = {size}: {who} needs a multiple of {multiple}; "
            f"set training.batch_size={multiple * (size // multiple + 1)}"
        )


def check_compile(wanted: bool, devices: int) -> None:
    """Raise if compiling is wanted where it was never tried: among several devices.

    Raises:
        ConfigError: it is.
    """
    if wanted and devices > 1:
        raise ConfigError(
            f"training.compile does not go with {devices} devices; leave one of them out"
        )


def frozen_networks(
    method: Method, networks: Networks, freeze: Sequence[str], protect: Sequence[int]
) -> frozenset[str]:
    """Return the networks that do not move (see `fontgan.training.trainer.Trainer`).

    Raises:
        ConfigError: an unknown network, or protected styles without a table of styles.
    """
    for name in freeze:
        if name not in networks:
            raise ConfigError(f"--freeze {name}: no such network; {nearest(name, networks)}")
    if protect and method.style_table is None:
        raise ConfigError("this method has no style table, so no style can be added to it")
    drawing = set(method.averaged) - {method.style_table} if protect else set()
    return frozenset(freeze) | drawing


def autocast_type(precision: str, device: torch.device) -> torch.dtype | None:
    """Return the type that a precision computes in, or None for that of the weights.

    Raises:
        ConfigError: the device cannot.
    """
    if precision == "auto":
        precision = "bf16" if device.type == "cuda" else "fp32"
    if precision == "fp32":
        return None
    if device.type != "cuda":
        raise ConfigError(f"precision {precision} needs a CUDA device; use fp32 on {device.type}")
    return torch.bfloat16 if precision == "bf16" else torch.float16
