"""Tests of who calls: numbers to the vault, people into facts."""
