"""MANGO OFFICE: `events/call` and `events/summary` of the VPBX API, with `…/v1/feeds/mango` as the base address.

A call is an `entry_id`, the group of its legs. What a queue and the agents did is told as it happens, `seq` says in
which order for each leg; how the call ended is told by the summary, in whole seconds. Numbers come as numbers or as
texts, and a key is misspelt in the vendor's own examples: both are read. Extensions are agents, ACD groups are queues.

A secret is the account's key and salt, joined by a colon.
"""

from services.feeds.authenticity.mango import MangoSign
from services.feeds.mango.deliveries import path, read
from services.feeds.webhooks.source import Webhook

WEBHOOK = Webhook(MangoSign(), read, path=path)
