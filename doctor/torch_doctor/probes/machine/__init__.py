"""The operating system, its hardware and its limits."""
