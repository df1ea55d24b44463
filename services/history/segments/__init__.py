"""The open archive: the records of the log in Parquet files that never change, listed in a manifest."""
