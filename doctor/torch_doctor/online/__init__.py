"""The only room that opens a socket. Commands that use it say so."""
