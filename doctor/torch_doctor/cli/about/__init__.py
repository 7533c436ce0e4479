"""Commands that tell of the program itself: its settings, and its commands to a shell."""
