"""Processes of our own that can be left behind."""
