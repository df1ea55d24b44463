"""Auditors' own SQL: read-only, over the current mart, in a process of its own, and on the log before it runs."""
