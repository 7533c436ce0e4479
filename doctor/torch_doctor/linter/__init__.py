"""Files that teams write: what decides on a node tomorrow, read today and judged by the same rows and the same law."""
