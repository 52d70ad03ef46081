"""The group of processes that train one model together, each on its share of every batch.

Each process has all networks, and all begin and stay alike: they average their gradients before
every update. Process 0 leads: it alone writes, checks and decides when to stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from fontgan.errors import ConfigError, TrainingError

# A lost process is noticed at once on the CPU, at the latest after this on GPUs. It must be longer
# than the longest look at the held-out characters, for which the others wait.
TIMEOUT = timedelta(minutes=10)
T = TypeVar("T")


class LostProcessError(TrainingError):
    """Another process of the group is gone, so this one cannot go on."""


@dataclass(frozen=True)
class Group:
    """The processes that train together, as one of them sees them; alone, it does nothing.

    Attributes:
        rank: number of this process; 0 leads.
        size: how many they are.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes, checks and decides."""
        return self.rank == 0

    @property
    def share(self) -> slice:
        """Which pairs of a batch are this process's: every ``size``-th.

        So a half, or another part, of the share is a share of the same part of the batch.
        """
        return slice(self.rank, None, self.size)

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace tensors by their means over the processes, in one exchange."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.detach().flatten().float() for tensor in tensors])
        dist.all_reduce(flat)
        flat /= self.size
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))

    def any(self, said: bool) -> bool:
        """Tell whether any process says so; a GPU need not wait for it."""
        if self.size == 1:
            return said
        votes = torch.tensor(float(said))
        dist.all_reduce(votes)
        return votes.item() > 0

    def begin_alike(self, tensors: Sequence[Tensor]) -> None:
        """Give all processes the leader's weights, whatever their machines made of the seed."""
        if self.size > 1:
            for tensor in tensors:
                dist.broadcast(tensor.detach(), 0)

    def seed(self, seed: int, iteration: int) -> None:
        """Seed this process's noise of an iteration: other than the others', whatever came before.

        Alone, noise goes on from where it is.
        """
        if self.size > 1:
            words = np.random.SeedSequence([seed, iteration, self.rank])
            torch.manual_seed(int(words.generate_state(1, np.uint64)[0]) >> 1)

    def check_alike(self, facts: Mapping[str, object]) -> None:
        """Raise, in all processes, if they differ in facts that decide what they train.

        Raises:
            ConfigError: it names the process and the fact.
        """
        if self.size == 1:
            return
        everyone: list[Mapping[str, object]] = [{}] * self.size
        dist.all_gather_object(everyone, dict(facts))
        for rank, other in enumerate(everyone):
            for name, value in other.items():
                if value != everyone[0][name]:
                    raise ConfigError(
                        f"process {rank} has another {name} than process 0: {value}, not "
                        f"{everyone[0][name]}; start all with the same command, on the same files"
                    )

    def from_leader(self, value: T | None) -> T:
        """Return what the leader gives; all wait here for it."""
        values = [value]
        if self.size > 1:
            dist.broadcast_object_list(values, 0)
        assert values[0] is not None
        return values[0]


ALONE = Group()


def meeting_point(port: int = 0) -> Any:
    """Return the store where the processes of one machine find each other.

    Args:
        port: where it is; 0 opens one, whose ``port`` says where.
    """
    return dist.TCPStore(  # type: ignore[attr-defined]
        "127.0.0.1", port, is_master=not port, wait_for_workers=False, timeout=TIMEOUT
    )


@contextmanager
def joined(rank: int, size: int, device: torch.device, store: Any = None) -> Iterator[Group]:
    """Join a group for the length of a block.

    Args:
        rank: of this process.
        size: of the group.
        device: of this process; tensors on GPUs travel by NCCL, others by gloo.
        store: where the processes find each other; default MASTER_ADDR and MASTER_PORT.

    Raises:
        LostProcessError: a process did not come, or is gone.
    """
    gpu = device.type == "cuda" and dist.is_nccl_available()
    try:
        if device.type == "cuda":
            torch.cuda.set_device(device)
        dist.init_process_group(
            "cpu:gloo,cuda:nccl" if gpu else "gloo",
            rank=rank,
            world_size=size,
            store=store,
            timeout=TIMEOUT,
        )
        yield Group(rank, size)
        dist.destroy_process_group()
    except RuntimeError as error:
        if not _is_loss(error):
            raise
        raise LostProcessError(
            f"process {rank} lost another process of the {size}; training stopped, and the last "
            "checkpoint is intact: --resume goes on with it"
        ) from error


def _is_loss(error: RuntimeError) -> bool:
    """Tell whether an error is of the connection between processes: gloo's have no type."""
    text = str(error)
    return isinstance(error, dist.DistError) or "gloo" in text or "NCCL" in text
