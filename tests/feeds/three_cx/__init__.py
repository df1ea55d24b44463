"""3CX: what becomes of its rows."""
