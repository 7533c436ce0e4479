"""Plans: how to get a build, what it changes and what to know about it."""
