"""Fonts made of drawn and written glyphs: outlines, spacing, features, names, files and checks."""
