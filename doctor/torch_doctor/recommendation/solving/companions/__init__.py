"""Releases of companions that work beside one build of torch, and beside each other."""
