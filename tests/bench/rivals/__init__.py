"""Other tools that answer some of the questions, each asked in its own words on a machine of our making."""
