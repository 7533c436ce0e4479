"""What stands in files and variables of the user's: read, checked and taken as the defaults of options."""
