"""The packages of the extra ``scan``, asked for when they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from fontgan.errors import MissingDependencyError

_PACKAGES = {
    "cv2": "opencv-python-headless",
    "reportlab.pdfgen.canvas": "reportlab",
    "zxingcpp": "zxing-cpp",
    "pillow_heif": "pillow-heif",
}


def needed(module: str) -> Any:
    """Import a module of the extra.

    Raises:
        MissingDependencyError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        package = _PACKAGES.get(module, module)
        raise MissingDependencyError(
            f"forms need {package}, which is not installed: pip install 'fontgan[scan]'"
        ) from None
