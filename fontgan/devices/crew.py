"""Which processes train: this one, those that torchrun or SLURM started, or some started here."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

import torch

from fontgan.devices.device import own_device, pick_device
from fontgan.devices.group import ALONE, Group, LostProcessError, joined, meeting_point
from fontgan.devices.places import place
from fontgan.devices.signals import caught_signals
from fontgan.errors import FontganError, TrainingError
from fontgan.processes import end_with_parent

Tell = Callable[[Any], None]
T = TypeVar("T")
Work = Callable[[Group, torch.device, Tell], T]
# How long processes may go on after one of them is lost, in seconds: to say why.
GRACE = 5.0


def on_devices(work: Work[T], device: str, devices: int | None, nodes: int, tell: Tell) -> T:
    """Do the work of a training run on the devices asked for.

    Args:
        work: what every process does: it gets its group, its device and what to tell events to. It
            and what it returns must be picklable.
        device: as for `fontgan.devices.device.pick_device`; a kind where there are several.
        devices: processes on each machine; None is 1, or what torchrun or SLURM started.
        nodes: machines.
        tell: hears what happens, in this process.

    Returns:
        What the work returned in the process that leads; under torchrun or SLURM, in this one.

    Raises:
        FontganError: what any process raised, or that one was lost.
    """
    here = place(devices, nodes)
    if here and here.size > 1:
        where = own_device(device, 1, here.local)
        with joined(here.rank, here.size, where) as group:
            return work(group, where, tell)
    if here or not devices or devices == 1:
        return work(ALONE, pick_device(device), tell)
    own_device(device, devices, 0)
    result: T = _Crew(work, device, devices).run(tell)
    return result


def leads() -> bool:
    """Tell whether this process leads, so that one of those torchrun started speaks for all."""
    here = place()
    return here is None or here.rank == 0


class _Crew:
    """Processes on this machine, started here and watched from here.

    Each sends messages: ``event`` and ``done`` (the leader alone), and ``failed`` with an error.
    """

    def __init__(self, work: Work[Any], device: str, size: int) -> None:
        self.store = meeting_point()
        threads = max(1, torch.get_num_threads() // size)
        self.processes: list[BaseProcess] = []
        self.ears: list[Connection] = []
        context = starting(work)
        for rank in range(size):
            ear, mouth = context.Pipe(duplex=False)
            arguments = (work, device, rank, size, self.store.port, threads, mouth)
            process = context.Process(target=_serve, args=arguments, daemon=True)  # type: ignore[attr-defined]
            process.start()
            mouth.close()
            self.processes.append(process)
            self.ears.append(ear)

    def run(self, tell: Tell) -> Any:
        """Pass signals to the leader and its events to the caller, until all have ended."""
        try:
            with caught_signals() as caught:
                return self._listen(tell, caught)
        finally:
            for process in self.processes:
                process.kill()
                process.join()

    def _listen(self, tell: Tell, caught: list[str]) -> Any:
        open_ears = dict(zip(self.ears, range(len(self.ears)), strict=True))
        errors: dict[int, Exception] = {}
        passed, results, deadline = 0, [], float("inf")
        while open_ears and time.monotonic() < deadline:
            if len(caught) > passed:
                passed += 1
                self._pass_on(caught[-1])
            for ear in wait(list(open_ears), timeout=0.2):
                assert isinstance(ear, Connection)
                rank = open_ears[ear]
                kind, said = _hear(ear)
                if kind == "event":
                    tell(said)
                elif kind == "done":
                    results.append(said)
                elif kind == "failed":
                    errors[rank] = said
                else:
                    del open_ears[ear]
                    error = self._ending(rank, bool(caught))
                    if error is not None:
                        errors.setdefault(rank, error)
            if any(not isinstance(error, LostProcessError) for error in errors.values()):
                break
            if errors:
                deadline = min(deadline, time.monotonic() + GRACE)
        if errors:
            raise min(errors.values(), key=lambda error: isinstance(error, LostProcessError))
        return results[0]

    def _pass_on(self, name: str) -> None:
        leader = self.processes[0].pid
        if leader is not None and self.processes[0].is_alive():
            os.kill(leader, signal.Signals[name])

    def _ending(self, rank: int, stopped: bool) -> Exception | None:
        """Return what was wrong with the way a process ended, if anything was."""
        self.processes[rank].join()
        code = self.processes[rank].exitcode or 0
        if code == 0:
            return None
        if stopped and rank == 0 and code < 0:
            raise KeyboardInterrupt  # told to stop before it had begun
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        return TrainingError(
            f"process {rank} of {len(self.processes)} {how}; training stopped, and the last "
            "checkpoint is intact: --resume goes on with it"
        )


def starting(work: Callable[..., Any]) -> BaseContext:
    """Return a way to start processes that know the work at once, where the system has one."""
    if "forkserver" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([getattr(work, "func", work).__module__])
    return context


def _hear(ear: Connection) -> tuple[str, Any]:
    try:
        kind, said = ear.recv()
        return kind, said
    except (EOFError, OSError):
        return "ended", None


def _serve(
    work: Work[Any], device: str, rank: int, size: int, port: int, threads: int, mouth: Connection
) -> None:
    """Be one process of a crew."""
    if hasattr(os, "setsid"):
        os.setsid()  # Ctrl-C is for the process that watches, which passes it on
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent()
    torch.set_num_threads(threads)
    try:
        where = own_device(device, size, rank)
        with joined(rank, size, where, meeting_point(port)) as group:
            result = work(group, where, lambda event: mouth.send(("event", event)))
        if group.leads:
            mouth.send(("done", result))
    except (FontganError, OSError) as error:
        with suppress(OSError):  # nobody listens any more
            mouth.send(("failed", error))
        sys.exit(1)
