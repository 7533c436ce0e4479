"""Parts of the report as an HTML page: its markup, the pages of rules in it, and the picture of the loader."""
