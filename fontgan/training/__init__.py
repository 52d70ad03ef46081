"""Training: the loop, its log and its checkpoints."""
