"""Who may ask the vault for what: the whole of it in one table.

Our own programs put people in and take names out. The vault does not know whose customer somebody is, so numbers and
addresses are for roles whose scope is everybody.
"""

from services.runtime.auth.guard import Door
from services.runtime.auth.permissions import read_permissions

PERMISSIONS = read_permissions("""
permission      rep  team_lead  manager  executive  auditor  feed  screen  service
people.name     -    -          -        -          -        -     -       all
people.names    all  all        all      all        all      -     all     all
people.look_up  -    -          -        -          -        -     -       all
people.read     -    -          all      all        -        -     -       -
people.seal     -    -          -        -          -        -     -       all
parked.seal     -    -          -        -          -        all   -       all
parked.read     -    -          all      all        -        -     -       -
""")

allowed = Door(PERMISSIONS)
"""What every route is declared with, beside its path: `dependencies=[allowed("people.read")]`."""
