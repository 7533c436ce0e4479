"""Many hosts, one answer: what is broken where, what makes it whole, and the one build that serves all."""
