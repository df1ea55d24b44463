"""Who asks, and what they may do: tokens, keys, roles, and the one place where a route is entered."""
