"""Published experiments, each one call from nothing to a folder of results (see the TOML files).

Like `fontgan.workflows`, importing this package loads no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fontgan.experiments.ablating import Ablations, ablate
    from fontgan.experiments.protocol_run import run_protocol
    from fontgan.experiments.recipes import experiments
    from fontgan.experiments.running import Experiment, experiment

__all__ = ["Ablations", "Experiment", "ablate", "experiment", "experiments", "run_protocol"]

_MODULES = {
    "Ablations": "ablating",
    "ablate": "ablating",
    "Experiment": "running",
    "experiment": "running",
    "experiments": "recipes",
    "run_protocol": "protocol_run",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__} has no attribute {name}")
