"""Which builds serve, in which order, and why not the others."""
