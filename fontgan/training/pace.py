"""What a training run tells, and when something is due."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["iteration", "losses", "check", "codes", "save", "note"]


@dataclass(frozen=True)
class Event:
    """What a run tells its caller.

    Attributes:
        kind: ``losses`` (with mean losses), ``check`` (with held-out scores), ``codes`` (with the
            diversity of methods with codes, and complaints about it), ``note`` (with complaints),
            ``iteration`` or ``save``.
        iteration: finished iterations, of ``total``.
        total: iterations of the whole run.
        rate: images a second since the run was started or resumed.
        values: losses or scores by name.
        main: of the losses those that a progress bar shows.
        path: the file written, if any.
        complaints: what is wrong, in words.
    """

    kind: Kind
    iteration: int
    total: int
    rate: float
    values: dict[str, float] = field(default_factory=dict)
    path: Path | None = None
    complaints: tuple[str, ...] = ()
    main: dict[str, float] = field(default_factory=dict)


class Pace:
    """Decide when something is due: every n iterations, or (0) as a small share of the time."""

    SHARE = 0.02  # with checks and saves, and the log beside, 5 % are not reached
    SHORTEST = 20.0  # seconds

    def __init__(self, every: int) -> None:
        self.every = every
        self._cost = 0.0
        self._last = time.monotonic()

    def due(self, iteration: int) -> bool:
        """Tell whether it is due now."""
        if self.every:
            return iteration % self.every == 0
        waited = time.monotonic() - self._last
        return waited > max(self.SHORTEST, self._cost / self.SHARE)

    def took(self, seconds: float) -> None:
        """Note what it cost."""
        self._cost, self._last = seconds, time.monotonic()
