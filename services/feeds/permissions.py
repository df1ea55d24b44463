"""Who may tell facts."""

from services.runtime.auth.guard import Door
from services.runtime.auth.permissions import read_permissions

PERMISSIONS = read_permissions("""
permission  feed
facts.tell  all
""")

allowed = Door(PERMISSIONS)
"""What every route is declared with, beside its path."""
