"""The pages made of rows, and the site that mkdocs builds of all pages."""
