"""The same layers, faster on a CPU."""
