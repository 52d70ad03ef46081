"""Ctrl-C and SIGTERM as wishes: a run ends when it has saved."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def caught_signals() -> Iterator[list[str]]:
    """Collect Ctrl-C and SIGTERM instead of dying; the same one again interrupts at once."""
    caught: list[str] = []

    def note(number: int, frame: object) -> None:  # noqa: ARG001
        caught.append(signal.Signals(number).name)
        if len(caught) > len(set(caught)):
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    old = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield caught
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
