"""Font files: found, unpacked, opened and drawn from; no torch."""
