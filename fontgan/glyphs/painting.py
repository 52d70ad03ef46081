"""Drawing many glyphs, on several processes when asked; memory stays flat and the order is kept.

Processes are spawned, so a script that passes ``jobs`` greater than 1 must guard its main part
with ``if __name__ == "__main__":``. The workers never import torch.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from itertools import islice
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np

from fontgan.errors import ConfigError, FontganError
from fontgan.faces.face import FontFace
from fontgan.glyphs.canvas import Canvas
from fontgan.glyphs.scans import PREFIX, ImageFolder
from fontgan.processes import end_with_parent

T = TypeVar("T")
GLYPHS_PER_PROCESS = 3_000
Drawn = tuple[str, np.ndarray | None, str]


def open_style(spec: str) -> FontFace | ImageFolder:
    """Open a font argument, or a folder of images written as ``images:FOLDER``."""
    if spec.startswith(PREFIX):
        return ImageFolder(spec.removeprefix(PREFIX))
    return FontFace.open(spec)


def draw_into(image: np.ndarray, style: FontFace | ImageFolder, canvas: Canvas, char: str) -> str:
    """Draw into a contiguous (S, S) uint8 array; return the status, paint only if drawn."""
    if isinstance(style, ImageFolder):
        return style.draw_into(image, canvas, char)
    return canvas.draw_into(image, style, char)


def draw_many(spec: str, chars: Sequence[str], canvas: Canvas, jobs: int = 1) -> Iterator[Drawn]:
    """Draw characters in order: (char, (S, S) uint8 or None, status) each.

    Args:
        spec: a font argument, or ``images:FOLDER``.
        chars: what to draw.
        canvas: how.
        jobs: processes, at most.

    """
    step = chunk_length(canvas.size)
    tasks = [(spec, chars[i : i + step], canvas) for i in range(0, len(chars), step)]
    with Workers(jobs, len(chars)) as workers:
        for images, statuses, part in workers.map(_draw_part, tasks):
            for char, image, status in zip(part, images, statuses, strict=True):
                yield char, image if status == "drawn" else None, status


def chunk_length(size: int) -> int:
    """Return how many images of a side make about 2 MiB."""
    return max(8, 2**21 // size**2)


def all_cores() -> int:
    """Return how many processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """Runs a function over tasks in up to ``jobs`` processes, or in this one.

    Starting a process costs as much as drawing thousands of glyphs, so one is taken for every
    ``GLYPHS_PER_PROCESS`` only. The processes start with the first map of more than one task.
    """

    def __init__(self, jobs: int, glyphs: int):
        if jobs < 1:
            raise ConfigError(f"jobs must be at least 1, not {jobs}")
        self.jobs = min(jobs, 1 + glyphs // GLYPHS_PER_PROCESS)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stop()
        opened.cache_clear()  # a font file may change before the next use

    def stop(self) -> None:
        """End the processes; what they have begun they finish first."""
        if self._pool:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def map(self, function: Callable[..., T], tasks: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """Yield ``function(*task)`` for each task in order; few tasks are under way at a time.

        Raises:
            FontganError: a process was killed.

        """
        tasks = iter(tasks)
        head = list(islice(tasks, 2))
        if self.jobs == 1 or (len(head) < 2 and not self._pool):
            yield from (function(*task) for task in _chain(head, tasks))
            return
        try:
            yield from self._map(function, _chain(head, tasks))
        except BrokenProcessPool as error:
            raise FontganError(
                "a drawing process was killed (out of memory, or a script without "
                'if __name__ == "__main__":); try again with --jobs 1'
            ) from error

    def _map(self, function: Callable[..., T], tasks: Iterator[tuple[Any, ...]]) -> Iterator[T]:
        pool = self._pool = self._pool or _start(self.jobs)
        waiting: deque[Future[T]] = deque()
        for task in tasks:
            with _no_interrupt():  # a task may start a process
                waiting.append(pool.submit(function, *task))
            if len(waiting) > 2 * self.jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _chain(head: list[tuple[Any, ...]], rest: Iterator[tuple[Any, ...]]) -> Iterator[Any]:
    yield from head
    yield from rest


def _start(jobs: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_quiet)


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold signals back; a process started meanwhile never gets them, not even while it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # would lift the block when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _quiet() -> None:
    """Leave signals to the parent process, which ends the workers, and end when it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # the pool ends them by it
    end_with_parent()


@lru_cache(maxsize=3)
def opened(spec: str) -> FontFace | ImageFolder:
    """Return an open style; the last few stay open, so that a worker opens each once."""
    return open_style(spec)


def survey(spec: str, chars: Sequence[str]) -> list[str]:
    """Return the status of each character: drawn, missing, blank or tofu."""
    style = opened(spec)
    return [style.status(char) for char in chars]


def _draw_part(
    spec: str, chars: Sequence[str], canvas: Canvas
) -> tuple[np.ndarray, list[str], Sequence[str]]:
    style = opened(spec)
    images = np.empty((len(chars), canvas.size, canvas.size), np.uint8)
    statuses = [draw_into(images[i], style, canvas, char) for i, char in enumerate(chars)]
    return images, statuses, chars
