"""What to ask where no cure can be named yet."""
