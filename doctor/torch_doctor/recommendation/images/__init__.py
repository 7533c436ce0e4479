"""What is inside a container image, whether it starts and runs on a machine, and which tags near it do."""
