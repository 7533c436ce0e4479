"""What a fleet says of itself, in every form."""
