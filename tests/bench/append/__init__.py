"""What a decision costs beside a bare append of the same record: `kvota bench append`."""
