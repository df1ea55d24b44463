"""The tests, a package for each package that they test."""
