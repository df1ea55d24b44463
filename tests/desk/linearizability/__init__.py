"""Histories of many clients against several desks, under faults, judged by checkers that know nothing of the desk."""
