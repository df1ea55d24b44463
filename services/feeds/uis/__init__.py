"""UIS and CoMagic: HTTP notifications, whose bodies the customer writes: `template.json` is the one that we read.

Paste it as the body (JSON, POST) of the notifications "waiting for an answer" (`kind` = waiting), "talk started"
(`started`), "lost call" (`lost`) and "call finished" (`finished`), and set `kind` in each. They prove themselves by the
address alone, `…/v1/feeds/uis?secret=…`. A call is a session, a queue its scenario, an agent an employee by id.
Durations are whole seconds, as the cabinet shows them.
"""

from services.feeds.authenticity.query import SecretQuery
from services.feeds.uis.deliveries import read
from services.feeds.webhooks.source import Webhook

WEBHOOK = Webhook(SecretQuery(), read)
