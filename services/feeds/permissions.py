"""Who may tell facts, and who may read how many were told."""

from services.runtime.auth.guard import Door
from services.runtime.auth.permissions import read_permissions

PERMISSIONS = read_permissions("""
permission    auditor  feed  monitor
facts.tell    -        all   -
metrics.read  all      -     all
""")

allowed = Door(PERMISSIONS)
"""What every route is declared with, beside its path."""
