"""Quotas: who is to bring how much until when."""
