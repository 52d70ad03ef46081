"""Measures of generated glyphs against true ones."""
