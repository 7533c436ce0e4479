"""Lines for a terminal: wrapped, coloured, and laid out."""
