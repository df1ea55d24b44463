"""Leads: who gets the next one, and why."""
