"""Who may do what at the desk, and of whom: the whole of it in one table.

A rep reaches their own deals and quotas, a team lead those of the unit that their token names, of all below it, and of
whoever works there. Machines decide nothing, but a web form brings leads; screens are let in elsewhere.
"""

from services.runtime.auth.guard import Door
from services.runtime.auth.permissions import read_permissions

PERMISSIONS = read_permissions("""
permission          rep   team_lead  manager  executive  auditor  feed
units.read          all   all        all      all        all      -
units.form          -     -          all      all        -        -
reps.read           self  team       all      all        all      -
reps.hire           -     -          all      all        -        -
reps.place          -     -          all      all        -        -
reps.absent         self  team       all      all        -        -
hiring.read         -     team       all      all        all      -
hiring.ask          -     team       all      all        -        -
hiring.meet         -     team       all      all        -        -
hiring.offer        -     -          all      all        -        -
headcount.read      -     -          all      all        all      -
headcount.approve   -     -          -        all        -        -
headcount.fill      -     -          all      all        -        -
training.read       all   all        all      all        all      -
training.publish    -     -          all      all        -        -
training.hold       -     all        all      all        -        -
trainees.read       self  team       all      all        all      -
trainees.teach      -     team       all      all        -        -
trainees.certify    -     -          all      all        -        -
goals.read          all   all        all      all        all      -
goals.set           -     team       all      all        -        -
goals.sign_off      self  team       all      all        -        -
quotas.read         self  team       all      all        all      -
quotas.assign       -     team       all      all        -        -
quotas.amend        -     -          all      all        -        -
leads.read          self  team       all      all        all      -
leads.receive       all   all        all      -          -        all
leads.share_out     -     team       all      all        -        -
leads.work          self  team       all      -          -        -
pools.read          all   all        all      all        all      -
pools.define        -     -          all      all        -        -
customers.read      all   all        all      all        all      -
customers.register  self  team       all      -          -        -
customers.contact   self  team       all      -          -        -
deals.read          self  team       all      all        all      -
deals.open          self  team       all      -          -        -
deals.advance       self  team       all      -          -        -
deals.close         self  team       all      -          -        -
deals.reassign      -     team       all      -          -        -
deals.amend         -     -          all      -          -        -
deals.refund        -     team       all      -          -        -
deals.pay           -     team       all      -          -        -
tactic_costs.read   -     -          all      all        all      -
tactic_costs.record -     -          all      all        -        -
directory.read      -     all        all      all        all      -
directory.map       -     -          all      all        -        -
""")

allowed = Door(PERMISSIONS)
"""What every route is declared with, beside its path: `dependencies=[allowed("deals.read")]`."""
