"""What anybody may have written, read within bounds of time and depth."""
