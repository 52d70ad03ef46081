"""Letters: text in lines on pages, in strokes; no torch."""
