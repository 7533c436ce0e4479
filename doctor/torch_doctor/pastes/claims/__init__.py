"""Claims: what one line says about one fact, how directly it was seen, and how claims become facts."""
