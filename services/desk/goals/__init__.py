"""Goals: what is to be reached, and who answers for it."""
