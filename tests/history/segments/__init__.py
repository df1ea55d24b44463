"""The open archive."""
