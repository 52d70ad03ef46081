"""Which process of a group this one is, as torchrun or SLURM say in the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass

from fontgan.errors import ConfigError


@dataclass(frozen=True)
class Place:
    """Which process of a group that torchrun or SLURM started this one is."""

    rank: int
    size: int
    local: int


def place(devices: int | None = None, nodes: int = 1) -> Place | None:
    """Return this process's place as the environment says, or None if nothing started a group.

    Args:
        devices: processes on each machine that were asked for; None is whatever was started.
        nodes: machines that were asked for.

    Raises:
        ConfigError: another number was started, or several machines are asked for and nothing was.
    """
    found = _place("RANK", "WORLD_SIZE", "LOCAL_RANK")
    if (
        found is None and "MASTER_ADDR" in os.environ
    ):  # else it may be just a shell in an allocation
        found = _place("SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID")
    if found is None:
        if nodes > 1:
            raise ConfigError(
                f"--nodes {nodes}: start the command on each machine, by torchrun or by srun with "
                "MASTER_ADDR and MASTER_PORT set; see docs/scaling.md"
            )
        return None
    if found.size % nodes or (devices is not None and devices * nodes != found.size):
        raise ConfigError(
            f"--devices {devices or 1} --nodes {nodes}: {found.size} processes were started; let "
            "the numbers agree, or leave these options out"
        )
    if found.size > 1 and not (os.environ.get("MASTER_ADDR") and os.environ.get("MASTER_PORT")):
        raise ConfigError(
            "MASTER_ADDR and MASTER_PORT must say where process 0 is; torchrun sets them, for srun "
            "see docs/scaling.md"
        )
    return found


def _place(rank: str, size: str, local: str) -> Place | None:
    words = [os.environ.get(name) for name in (rank, size, local)]
    if words[0] is None or words[1] is None:
        return None
    try:
        found = Place(*(int(word or 0) for word in words))
    except ValueError:
        raise ConfigError(
            f"{rank}, {size} and {local} in the environment must be numbers"
        ) from None
    if not 0 <= found.rank < found.size:
        raise ConfigError(f"{rank} = {found.rank} in the environment is not below {size}")
    return found
