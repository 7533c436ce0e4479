"""What leaves the program without naming a person, a machine or a secret: the one redaction of all output."""
