"""What words say of the state in which the machine is."""
