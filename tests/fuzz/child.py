"""Run the command line in a forked child with limits, and say how it ended."""

from __future__ import annotations

import os
import re
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .warming import note_modules

CPU_SECONDS = 20  # of processor time: what else runs on the machine does not count
WALL_SECONDS = 90.0  # for what waits for ever without computing
MEMORY = 2 * 2**30
ADDRESSES = 8 * 2**30  # beyond what is in use: only so that a case cannot take the machine down
OUTPUT = 64 * 2**20


@dataclass(frozen=True)
class Outcome:
    """How a command ended.

    Attributes:
        status: exit status, or None where a signal ended it.
        signal: name of the signal that ended it, or "".
        stopped: "slow", "hangs" or "memory", where the limits ended it, or "".
        seconds: processor time.
        memory: the most resident memory, in bytes.
        out: standard output.
        err: standard error.
        left: whether processes that it started outlived it.
    """

    status: int | None
    signal: str
    stopped: str
    seconds: float
    memory: int
    out: str
    err: str
    left: bool


def run(
    words: Sequence[str],
    folder: Path,
    surroundings: Mapping[str, str],
    stdin: bytes = b"",
    modules: Path | None = None,
) -> Outcome:
    """Run ``fontgan WORDS`` in a folder; add the names of the modules it loads to a file."""
    with tempfile.TemporaryDirectory() as place:
        streams = [Path(place) / name for name in ("in", "out", "err")]
        streams[0].write_bytes(stdin)
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if not child:
            _be_the_command(words, folder, surroundings, streams, modules)
        state, usage, stopped = _wait(child)
        out, err = (file.read_bytes().decode(errors="replace") for file in streams[1:])
    by = signal.Signals(os.WTERMSIG(state)).name if os.WIFSIGNALED(state) else ""
    return Outcome(
        status=None if by else os.WEXITSTATUS(state),
        signal=by,
        stopped="slow" if by == "SIGXCPU" else stopped,
        seconds=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss * 1024,
        out=out,
        err=err,
        left=_left(child),
    )


def _be_the_command(
    words: Sequence[str],
    folder: Path,
    surroundings: Mapping[str, str],
    streams: Sequence[Path],
    modules: Path | None,
) -> None:
    status = 1
    try:
        os.setsid()
        _limit()
        os.chdir(folder)
        os.environ.update(surroundings)
        tempfile.tempdir = None  # else that of the parent, which it has looked up
        for number, (file, mode) in enumerate(zip(streams, ("rb", "wb", "wb"), strict=True)):
            os.dup2(
                os.open(file, os.O_RDONLY if mode == "rb" else os.O_WRONLY | os.O_CREAT), number
            )
        sys.argv = ["fontgan", *words]
        status = _call()
        if modules:
            note_modules(modules)
    finally:
        os._exit(status)


def _call() -> int:
    from fontgan.cli.app import main

    try:
        main()
        status = 0
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    resource.setrlimit(resource.RLIMIT_AS, (_pages(os.getpid(), 0) + ADDRESSES,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))


def _wait(child: int) -> tuple[int, resource.struct_rusage, str]:
    """Wait for the child; end it where it sleeps too long or holds too much."""
    began, stopped = time.monotonic(), ""
    ended = select.poll()
    handle = os.pidfd_open(child)
    ended.register(handle)
    while True:
        found, state, usage = os.wait4(child, os.WNOHANG)
        if found:
            break
        if time.monotonic() - began > WALL_SECONDS:
            stopped = "hangs"
        elif _pages(child, 1) > MEMORY:
            stopped = "memory"
        if stopped:
            os.killpg(child, signal.SIGKILL)
            _, state, usage = os.wait4(child, 0)
            break
        ended.poll(10)
    os.close(handle)
    if usage.ru_maxrss * 1024 > MEMORY:
        stopped = stopped or "memory"
    return state, usage, stopped


def _pages(process: int, column: int) -> int:
    """Return bytes of addresses (column 0) or of resident memory (1) of a process."""
    try:
        words = Path(f"/proc/{process}/statm").read_text().split()
    except OSError:
        return 0
    return int(words[column]) * resource.getpagesize() if words else 0


def _left(session: int) -> bool:
    """Tell whether anything of the child's session outlives it by more than a moment; end it."""
    for _ in range(100):
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.02)
    os.killpg(session, signal.SIGKILL)
    return True


def culprit(err: str) -> str:
    """Return the exception and the last place of ours in a traceback: what tells defects apart.

    >>> culprit('File "/a/fontgan/files.py", line 3, in write\\nValueError: no\\n')
    'ValueError files.py:3 write'
    """
    places = re.findall(r'File "[^"\n]*/(?:fontgan|cli)/([^"\n]*)", line (\d+), in (\S+)', err)
    raised = re.findall(r"^([A-Za-z_][\w.]*)(?::|$)", err, re.MULTILINE)
    name = raised[-1].rpartition(".")[2] if raised else "?"
    file, line, function = places[-1] if places else ("outside", "?", "?")
    return f"{name} {file}:{line} {function}"
