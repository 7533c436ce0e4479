"""What commands are given: files, settings and assumptions; each fault is one line."""
