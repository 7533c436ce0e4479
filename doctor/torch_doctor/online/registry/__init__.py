"""Registries of container images, asked over the OCI distribution API: what a tag is, and what it holds."""
