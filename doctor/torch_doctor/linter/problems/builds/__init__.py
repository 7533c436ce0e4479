"""Problems of what is compiled in an image, and what an image must not bring."""
