"""What a text only quotes, or tells of somebody or somewhere else, is blanked before any reader sees it."""
