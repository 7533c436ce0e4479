"""Readers of TOML."""
