"""How long a reader of live cells takes to start up: `python -m tests.bench.startup`."""
