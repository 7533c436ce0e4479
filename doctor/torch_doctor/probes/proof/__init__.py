"""The proof: what the driver itself answers to the installed wheel's code and libraries, without torch."""
