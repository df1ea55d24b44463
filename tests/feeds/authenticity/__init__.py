"""Who may tell facts: vectors, and what no scheme may let through."""
