"""Customers: who the company knows, and how it keeps in touch."""
