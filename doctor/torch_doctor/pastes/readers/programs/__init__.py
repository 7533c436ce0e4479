"""What programs, loaders and containers print when they start or fail."""
