"""Hiring: from the wish for people to the day on which they begin."""
