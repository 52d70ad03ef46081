"""How the batches of a run come to its device: from the host, or from the device's own memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fontgan.data.batch import GlyphBatch, send
from fontgan.data.pairs import Chosen, PairDataset, as_chosen
from fontgan.data.resident import ResidentPairs
from fontgan.data.stroke_table import with_strokes
from fontgan.devices.device import free_memory, is_out_of_memory

Resident = Literal["auto", True, False]
# How much of the memory that an iteration leaves free the data set may take: unasked, and where the
# user asked for it. The rest is for drawing, and for what is lost between blocks.
UNASKED, ASKED = 0.5, 0.9
AHEAD = 2  # batches that are read before they are needed


class Feed:
    """The batches of a run, each on the device when it is asked for.

    They come from the host's memory until `settle` has them come from the device's. For a GPU a
    thread reads the next ones meanwhile; then they travel as 8-bit images.

    Args:
        pairs: training pairs.
        chosen: the pairs (B,) of an iteration, or what was chosen of them.
        total: number of iterations; none after is read.
        device: where the batches are wanted.
        ahead: whether to read ahead in a thread; default on GPUs.
    """

    def __init__(
        self,
        pairs: PairDataset,
        chosen: Callable[[int], NDArray[np.int64] | Chosen],
        total: int,
        device: torch.device,
        ahead: bool | None = None,
    ) -> None:
        self.pairs = pairs
        self.chosen = chosen
        self.total = total
        self.device = device
        self.resident: ResidentPairs | None = None
        ahead = device.type == "cuda" if ahead is None else ahead
        self._strokes = pairs.strokes.to(device) if ahead and pairs.strokes else None
        self._reader = ThreadPoolExecutor(1) if ahead else None
        self._read: dict[int, Future[tuple[Tensor, ...]]] = {}

    def batch(self, iteration: int) -> GlyphBatch:
        """Return the batch of an iteration, counted from 0."""
        if self.resident is not None:
            return self.resident.batch(self.chosen(iteration))
        if self._reader is None:
            return self.pairs.batch(self.chosen(iteration)).to(self.device)
        for number in range(iteration, min(iteration + 1 + AHEAD, self.total)):
            if number not in self._read:
                self._read[number] = self._reader.submit(self._load, self.chosen(number))
        parts = self._read.pop(iteration).result()
        batch = GlyphBatch.of_pixels(*(send(part, self.device) for part in parts))
        return with_strokes(batch, self._strokes)

    def settle(self, wanted: Resident, iteration: int) -> str | None:
        """Move the data set to the device, if that is wanted and there is room beside the training.

        To be called after an iteration, which has taken the memory that it needs.

        Args:
            wanted: ``"auto"`` is on GPUs, where the run still goes through the whole data set and
                half of the free memory is enough.
            iteration: the next one.

        Returns:
            What the user should know where it does not fit.
        """
        auto = wanted == "auto"
        left = (self.total - iteration) * len(self.chosen(iteration))
        if not wanted or (auto and (self.device.type != "cuda" or left < len(self.pairs))):
            return None
        needed, free = ResidentPairs.bytes_of(self.pairs), free_memory(self.device)
        fits = free is None or needed <= (UNASKED if auto else ASKED) * free
        if fits and self._fill():
            return None
        there = f" with {free / 2**30:.2f} GiB free" if free is not None else ""
        return (
            f"the data set takes {needed / 2**30:.2f} GiB, too much beside the training for "
            f"{self.device}{there}: batches come from the host's memory"
        )

    def _fill(self) -> bool:
        try:
            self.resident = ResidentPairs.of(self.pairs, self.device)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        if self.resident is None and self.device.type == "cuda":
            torch.cuda.empty_cache()
        if self.resident is not None:
            self.close()
        return self.resident is not None

    def _load(self, chosen: NDArray[np.int64] | Chosen) -> tuple[Tensor, ...]:
        tensors = self.pairs.tensors(as_chosen(chosen))
        return tuple(t.pin_memory() if self.device.type == "cuda" else t for t in tensors)

    def close(self) -> None:
        """End the thread; what it is reading is dropped."""
        if self._reader is not None:
            self._reader.shutdown(cancel_futures=True)
        self._reader, self._read = None, {}

    def __enter__(self) -> Feed:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
