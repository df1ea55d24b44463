"""The lake: the segments of the open archive as an Apache Iceberg table, for many readers on many machines."""
