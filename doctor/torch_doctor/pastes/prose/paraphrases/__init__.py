"""Errors that people tell in words of their own: each sentence is held against what an error is about."""
