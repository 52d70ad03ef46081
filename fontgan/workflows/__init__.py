"""What each command does, as a function that returns values and raises ``fontgan.errors``.

``render``, ``build`` and ``data_preview`` need no torch, and importing this package does not load
it: each function's module is imported when the function is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fontgan.workflows.benching import Bench, bench
    from fontgan.workflows.blending import interpolate
    from fontgan.workflows.contrast import Comparison, compare
    from fontgan.workflows.demonstration import Demo, demo
    from fontgan.workflows.drawing import Drawing, infer
    from fontgan.workflows.exporting import Exported, export_onnx, export_weights
    from fontgan.workflows.judging import evaluate, make_sheet
    from fontgan.workflows.preparing import find_checkpoint
    from fontgan.workflows.rendering import (
        RenderedFace,
        RenderReport,
        build,
        build_share,
        data_preview,
        render,
    )
    from fontgan.workflows.training import Estimate, TrainingResult, estimate, resume, train

__all__ = [
    "Bench",
    "Comparison",
    "Demo",
    "Drawing",
    "Estimate",
    "Exported",
    "RenderReport",
    "RenderedFace",
    "TrainingResult",
    "bench",
    "build",
    "build_share",
    "compare",
    "data_preview",
    "demo",
    "estimate",
    "evaluate",
    "export_onnx",
    "export_weights",
    "find_checkpoint",
    "infer",
    "interpolate",
    "make_sheet",
    "render",
    "resume",
    "train",
]

# The cheap ones first: a name is looked for in this order.
_MODULES = (
    "rendering",
    "preparing",
    "training",
    "drawing",
    "exporting",
    "blending",
    "judging",
    "contrast",
    "benching",
    "demonstration",
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        for module in _MODULES:
            found = getattr(importlib.import_module(f"{__name__}.{module}"), name, None)
            if found is not None:
                return found
    raise AttributeError(f"module {__name__} has no attribute {name}")
