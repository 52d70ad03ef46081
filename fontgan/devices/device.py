"""Which device to compute on, and what it has used."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from fontgan.errors import ConfigError


def pick_device(name: str = "auto") -> torch.device:
    """Return the device called ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    Raises:
        ConfigError: there is no such device here.
    """
    if name == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if _has(kind)))
    if not re.fullmatch(r"cpu|mps|cuda(:[0-9]+)?", name):
        raise ConfigError(f"--device {name}: use auto, cpu, cuda, cuda:N or mps")
    kind, _, index = name.partition(":")
    if not _has(kind) or (kind == "cuda" and int(index or 0) >= torch.cuda.device_count()):
        raise ConfigError(f"--device {name}: there is no such device here; use auto or cpu")
    return torch.device(name)


def own_device(name: str, processes: int, local: int) -> torch.device:
    """Return the device of one of several processes on a machine.

    Args:
        name: ``auto``, ``cpu`` or ``cuda``.
        processes: on this machine, as far as is known.
        local: number of this one on its machine.

    Raises:
        ConfigError: there are fewer GPUs than processes, or the name is of one device.
    """
    device = pick_device(name)
    if device.type == "cpu":
        return device
    if device.type == "mps" or device.index is not None:
        raise ConfigError(
            f"--device {name} is one device here and cannot be shared; use --device cuda, or cpu"
        )
    there = torch.cuda.device_count()
    if there < max(processes, local + 1):
        raise ConfigError(
            f"{max(processes, local + 1)} devices were asked for, and this machine has {there} "
            f"GPU{'s' * (there != 1)}; ask for --devices {there}, or use --device cpu"
        )
    return torch.device("cuda", local)


def peak_memory(device: torch.device) -> int:
    """Return the most bytes used so far: of the GPU's memory, else of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def free_memory(device: torch.device) -> int | None:
    """Return the bytes that nobody uses: of the GPU's memory, else of this machine's, if known."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        known = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:  # no Linux
        return None
    found = re.search(r"^MemAvailable:\s*([0-9]+) kB$", known, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def is_out_of_memory(error: RuntimeError) -> bool:
    """Tell whether an error says that a device has no memory left; the CPU's has no type."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


@contextmanager
def tried_convolutions(device: torch.device) -> Iterator[None]:
    """Let a GPU try its ways to convolve when it meets new shapes, and take the fastest."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = before or device.type == "cuda"
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


def _has(kind: str) -> bool:
    if kind == "cuda":
        return torch.cuda.is_available()
    return kind == "cpu" or torch.backends.mps.is_available()
