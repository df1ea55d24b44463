"""What an event costs after many, and whether memory stays."""
