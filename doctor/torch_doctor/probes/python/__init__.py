"""The Python environment that is judged, read without running it."""
