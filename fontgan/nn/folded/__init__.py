"""The same networks, made ready to draw."""
