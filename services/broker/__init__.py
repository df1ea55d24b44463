"""A real Apache Kafka for development and tests, from registry packages: no Docker, no system Java."""
