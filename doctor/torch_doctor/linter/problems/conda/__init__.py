"""Problems of channels and packages of conda."""
