"""Clean lines of a paste, and what one line is made of. Nothing is concluded here."""
