"""Shell as far as it decides what is installed: words, variables, conditions. Nothing is run."""
