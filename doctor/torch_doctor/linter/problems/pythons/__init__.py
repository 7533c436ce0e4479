"""Problems of wheels and what they need of Python and system."""
