"""Tactics: what is spent on each way of selling."""
