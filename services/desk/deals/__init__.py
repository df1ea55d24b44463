"""Deals: opened, won, lost, refunded."""
