"""What the matrix knows of a code, a name or a text that somebody met, in words."""
