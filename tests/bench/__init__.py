"""Benchmarks: programs that measure, and tests that they do."""
