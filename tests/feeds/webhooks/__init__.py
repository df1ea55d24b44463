"""Systems that call us: what they deliver, and what follows from it."""
