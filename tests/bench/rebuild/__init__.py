"""What a rebuild costs: `kvota bench rebuild`."""
