"""A matrix that the user took from a file or an address, kept in a folder of theirs until it is replaced."""
