"""Strokes and glyph images as filled outlines; no torch."""
