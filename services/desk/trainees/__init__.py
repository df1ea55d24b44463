"""Trainees: reps as people who learn, are tested, and get better at their work."""
