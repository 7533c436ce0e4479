"""The question: flags, names and hosts, understood."""
