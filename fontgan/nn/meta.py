"""Networks that take no memory: shapes alone, to be held against what a file says."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def without_memory() -> Iterator[None]:
    """Make networks without allocating them, and load states into them, which only compares shapes.

    So a header of a few bytes that asks for gigabytes of weights, which its file does not hold, is
    refused before they are made.
    """
    with warnings.catch_warnings(), torch.device("meta"):
        warnings.filterwarnings("ignore", message=".*non-meta parameter")  # nothing is copied
        yield
