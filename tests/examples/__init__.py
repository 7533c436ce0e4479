"""Every example of every help and page, found and run."""
