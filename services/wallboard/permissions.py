"""Who may look at the board: it is for a wall, but not for every wall."""

from services.runtime.auth.guard import Door
from services.runtime.auth.permissions import read_permissions

PERMISSIONS = read_permissions("""
permission  rep  team_lead  manager  executive  auditor  screen
board.see   all  all        all      all        all      all
""")

allowed = Door(PERMISSIONS)
"""What every route is declared with, beside its path."""
