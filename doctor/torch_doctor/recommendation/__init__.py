"""The answer drawn from the matrix: which torch, image and driver for these GPUs, and why not the others."""
