"""Decisions in: what people ask for, refused or made true under the law of the log."""
