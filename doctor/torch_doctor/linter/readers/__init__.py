"""Readers of files: one format each, from its text to environments, workloads and images. None of them raises."""
