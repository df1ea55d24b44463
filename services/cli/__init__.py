"""`kvota`, the command line: thin, and quick to start, since each command imports what it needs when it runs."""
