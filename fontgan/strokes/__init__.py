"""Strokes: characters as ordered centre lines, from open sets or traced from any glyph image."""
