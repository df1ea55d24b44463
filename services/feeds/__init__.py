"""Telephony in: a package for each source, a registry of them, and the one door for their facts to Kafka."""
