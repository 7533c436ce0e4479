"""Scripts that run in children: Python 3.8, the standard library and what they are sent to ask."""
