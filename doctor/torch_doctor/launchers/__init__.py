"""Ask many nodes at once, by the engine that runs there."""
