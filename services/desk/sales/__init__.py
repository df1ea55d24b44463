"""Sales: what becomes of a deal once it is won."""
