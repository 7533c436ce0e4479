"""Locks: one plan with its question and its rows, written to a file, and what has drifted from it since."""
