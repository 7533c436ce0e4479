"""The makers of generated pages; docs/generate.py runs them."""
