"""The live page: cells become tiles, tiles become one board, and the board goes to every screen."""
