"""What was read from real wheels, beside the rows of the matrix."""
