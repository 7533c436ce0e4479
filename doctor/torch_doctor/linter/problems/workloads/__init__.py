"""Problems of services, containers and jobs as they are started."""
