"""The watch: what it finds, and that it says each thing once."""
