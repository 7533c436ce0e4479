"""Problems of packages that do not go together."""
