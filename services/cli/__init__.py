"""The command line `kvota`: thin, and lazy in what it imports."""
