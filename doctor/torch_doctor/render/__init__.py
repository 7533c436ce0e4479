"""The words: a report becomes text, one file per format. Nothing here decides anything."""
