"""What keeps start-up short: how modules are found, and closed lists of words."""
