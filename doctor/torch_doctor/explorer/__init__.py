"""The explorer: one page without any other file, with the law's answers for all builds, GPUs and drivers."""
