"""Container images: which tags exist, what they hold, and what they ask of a driver before they start."""
