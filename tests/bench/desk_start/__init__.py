"""How soon a desk is ready that knows many streams, and what each takes in memory: `kvota bench desk-start`."""
