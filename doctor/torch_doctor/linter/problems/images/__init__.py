"""Problems of images by their names."""
