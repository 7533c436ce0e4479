"""Readers: text that people paste becomes facts, each with the line it was read from."""
