"""How processes end: SIGTERM goes the way of Ctrl-C, and a worker goes when its parent is gone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait

TERMINATED = "SIGTERM"


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGTERM into ``KeyboardInterrupt("SIGTERM")``, so that what Ctrl-C cleans it cleans too.

    It comes once: ``timeout`` and job managers send it more than once, and cleaning needs its time.
    """

    def interrupt(number: int, frame: object) -> None:  # noqa: ARG001
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise KeyboardInterrupt(TERMINATED)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def exit_status(stopped: KeyboardInterrupt) -> int:
    """Return the status of a command that a signal stopped: 143 by SIGTERM, 130 by Ctrl-C."""
    number = signal.SIGTERM if TERMINATED in stopped.args else signal.SIGINT
    return 128 + number


def end_with_parent() -> None:
    """Watch, in a process that multiprocessing started: when its parent is gone, it ends at once.

    Without this, workers of a parent that is killed wait for work for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
