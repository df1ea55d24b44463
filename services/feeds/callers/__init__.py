"""Callers: a number that a phone system tells goes to the vault, and whom it means into the facts of the call.

No number gets any further than that: not into a fact, a topic, a checkpoint or a log. While the vault is away facts are
told without a person.
"""
