"""What the facts would be once an action is carried out. Nothing is changed anywhere."""
