"""Readers of YAML."""
