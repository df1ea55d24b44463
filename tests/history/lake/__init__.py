"""The lake."""
