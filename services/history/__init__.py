"""The archive of the whole log in one DuckDB file, and what is answered from it: reports, explanations, comparisons."""
