"""Glyph data sets: the store on disk and the batches drawn from it."""
