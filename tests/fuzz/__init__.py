"""What no bytes may do to a parser: `make fuzz` tries for as long as it is told to, the tests for a moment."""
