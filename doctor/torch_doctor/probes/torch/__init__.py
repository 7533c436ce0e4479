"""The installed torch and the CUDA libraries that it would get, read from files."""
