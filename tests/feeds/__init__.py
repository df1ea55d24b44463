"""Feeds: bytes given, facts expected."""
