"""Containers: how they were started, and what they print."""
