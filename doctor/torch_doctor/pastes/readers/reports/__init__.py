"""Environment reports: of PyTorch, of other projects and our own."""
