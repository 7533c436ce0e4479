"""Problems of projects and their sources."""
