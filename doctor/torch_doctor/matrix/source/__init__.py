"""Build time only: YAML that people write becomes checked JSON tables."""
