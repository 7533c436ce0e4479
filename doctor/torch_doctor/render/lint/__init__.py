"""Problems in files as text for people and for the services that show them beside a change."""
