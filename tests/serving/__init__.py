"""The tools for other programs, asked by a real client."""
