"""What each command does, as a function that returns values and raises ``fontgan.errors``."""

from __future__ import annotations

from fontgan.workflows_data import RenderedFace, RenderReport, build, data_preview, render

__all__ = ["RenderReport", "RenderedFace", "build", "data_preview", "render"]
