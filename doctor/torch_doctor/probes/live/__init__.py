"""Torch used in the target interpreter, in supervised children."""
