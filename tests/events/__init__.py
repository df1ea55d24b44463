"""The events, the record around them, and the law."""
