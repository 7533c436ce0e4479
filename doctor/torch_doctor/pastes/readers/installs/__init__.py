"""What package managers list and print."""
