"""The port to the machine: live or recorded, its children supervised."""
