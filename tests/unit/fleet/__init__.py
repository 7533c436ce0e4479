"""Units of fleet/."""
