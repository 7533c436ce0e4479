"""What the driver and its tools print."""
