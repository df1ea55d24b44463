"""What stands in for the outside world in demonstrations: captured streams, and a seeded day of a call centre."""
