"""What this machine could do at most: matrix products, copies of memory, glyphs by FreeType."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch

from fontgan.faces.face import FontFace

ROUNDS = 3


def rate(work: Callable[[], float], seconds: float) -> float:
    """Return how much ``work`` does a second: the median of three rounds, after one that warms up.

    Args:
        work: does some, and returns how much.
        seconds: of each round, at least one call.
    """
    work()
    rounds = []
    for _ in range(ROUNDS):
        done, elapsed, began = 0.0, 0.0, time.perf_counter()
        while elapsed < seconds or not done:
            done += work()
            elapsed = time.perf_counter() - began
        rounds.append(done / elapsed)
    return median(rounds)


def matrix_product(device: torch.device, kind: torch.dtype, seconds: float) -> float:
    """Return the rate of a square matrix product, in floating-point operations a second."""
    side = 8192
    if device.type == "cpu":  # most CPUs have no unit for bf16, and take a hundred times as long
        side = 2048 if kind is torch.float32 else 512
    one, other = (torch.randn(side, side, device=device).to(kind) for _ in range(2))

    def work() -> float:
        torch.mm(one, other)
        wait(device)
        return 2.0 * side**3

    return rate(work, seconds)


def memory_copy(device: torch.device, seconds: float) -> float:
    """Return the rate of a copy of 256 MiB, in bytes read and written a second."""
    source = torch.zeros(64 << 20, device=device)
    target = torch.empty_like(source)

    def work() -> float:
        target.copy_(source)
        wait(device)
        return 2.0 * source.numel() * source.element_size()

    return rate(work, seconds)


def rasterizer(spec: str, chars: str, size: int, seconds: float) -> float:
    """Return how many glyphs FreeType alone loads, scales and paints a second, on one core."""
    face = FontFace.open(spec)
    found = [face.find(char) for char in chars]
    glyphs = [(file, glyph) for _, file, glyph in found if file is not None]
    image = np.empty((size, size), np.uint8)

    def work() -> float:
        for file, glyph in glyphs:
            file.load(glyph)
            file.scale(size * 64)  # an em is 65,536 units when loaded
            file.paint(image)
        return float(len(glyphs))

    return rate(work, seconds)


def wait(device: torch.device) -> None:
    """Wait until a device has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
