"""Who may ask history. Its answers are of the whole company: they are not for those whose scope is their own."""

from services.runtime.auth.guard import Door
from services.runtime.auth.permissions import read_permissions

PERMISSIONS = read_permissions("""
permission      manager  executive  auditor  service
archive.read    all      all        all      -
reports.read    all      all        all      all
numbers.verify  all      all        all      -
imports.judge   all      -          all      -
cells.seed      all      -          -        -
mart.make       all      -          all      -
sql.ask         -        -          all      -
""")

allowed = Door(PERMISSIONS)
"""What every route is declared with, beside its path."""
