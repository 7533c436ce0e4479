"""Wheels of a package index, read from afar: a few megabytes of each instead of a gigabyte. Goes online."""
