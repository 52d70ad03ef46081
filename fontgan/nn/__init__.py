"""Networks, built from plain numbers."""
