"""Fixed networks that look at glyphs."""
