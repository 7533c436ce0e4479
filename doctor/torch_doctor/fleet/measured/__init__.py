"""What many nodes measured: each rate beside that of its equals, and what failed where."""
