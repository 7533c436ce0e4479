"""One reader for each format that people paste."""
