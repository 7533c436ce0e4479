"""Which published build would serve a host, and what to say where none does or nobody knows."""
