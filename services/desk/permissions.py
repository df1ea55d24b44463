"""Who may do what at the desk, and of whom: the whole of it in one table.

A rep reaches their own deals and quotas, a team lead those of the unit that their token names, of all below it, and of
whoever works there. Machines have nothing to decide: feeds and screens are let in elsewhere.
"""

from services.runtime.auth.guard import Door
from services.runtime.auth.permissions import read_permissions

PERMISSIONS = read_permissions("""
permission      rep   team_lead  manager  executive  auditor
units.read      all   all        all      all        all
units.form      -     -          all      all        -
reps.read       self  team       all      all        all
reps.hire       -     -          all      all        -
quotas.read     self  team       all      all        all
quotas.assign   -     team       all      all        -
deals.read      self  team       all      all        all
deals.open      self  team       all      -          -
deals.close     self  team       all      -          -
deals.refund    -     team       all      -          -
""")

allowed = Door(PERMISSIONS)
"""What every route is declared with, beside its path: `dependencies=[allowed("deals.read")]`."""
