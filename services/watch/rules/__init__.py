"""The rules, each in a file of its own: what is asked of history, and what follows from the answer."""
