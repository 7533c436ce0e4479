"""Where words go, and how the process ends."""
