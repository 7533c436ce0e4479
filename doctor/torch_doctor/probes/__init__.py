"""The senses: the only room that touches the machine. A probe reads; it never says that something is wrong."""
