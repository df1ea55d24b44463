"""Whether calls that keep coming are all on the board, soon, and in as much memory as before: `kvota bench soak`."""
