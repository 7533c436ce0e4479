"""Names of GPUs: as rows spell them, as people type them, and which product is meant."""
