"""Units and reps: who may be asked for, and what it makes true."""
