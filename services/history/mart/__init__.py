"""What BI tools open: the archive as of one cut, as Parquet files and a DuckDB file that needs none of our programs."""
