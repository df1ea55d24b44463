"""Keeps a local stack of services running: started in order, restarted with back-off, ended together."""
