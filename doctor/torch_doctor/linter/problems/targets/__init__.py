"""Problems of what a driver, a GPU or an expectation adds."""
