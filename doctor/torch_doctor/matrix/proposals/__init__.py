"""Rows that somebody should review: what was read or seen, and the matrix does not hold."""
