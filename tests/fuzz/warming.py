"""Load into this process what the commands load, so that a forked child need not."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from pathlib import Path

# What the tests' own surroundings say stays, where they have imported this.
for name, value in (("OMP_NUM_THREADS", "1"), ("NO_COLOR", "1"), ("COLUMNS", "100")):
    os.environ.setdefault(name, value)


def warm(names: Path | None = None) -> None:
    """Import the command line with all its commands, and the modules that a file lists.

    The commands are not registered: the child does that for the one that it runs, as users' do.
    """
    from fontgan.cli.app import COMMANDS

    for name in COMMANDS:
        importlib.import_module(f"fontgan.cli.{name}")
    listed = names.read_text().split() if names and names.exists() else ["torch"]
    for name in listed:
        if name not in sys.modules:
            try:
                importlib.import_module(name)
            except ImportError:  # one that only exists while another is being loaded
                continue
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    gc.collect()
    gc.freeze()  # else each child's collector copies all that it shares with this process


def note_modules(names: Path) -> None:
    """Add to the list what this process has loaded."""
    known = set(names.read_text().split()) if names.exists() else set()
    loaded = {name for name in sys.modules if not name.startswith(("__", "tests", "fuzz"))}
    names.write_text("\n".join(sorted(known | loaded)))
