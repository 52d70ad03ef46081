"""Fonts and glyph images: characters, faces, canvases and sheets; no torch."""
