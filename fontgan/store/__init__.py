"""Data sets on disk: planned, built, shared out and opened; no torch."""
