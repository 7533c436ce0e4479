"""Problems of indexes and the builds that they serve."""
