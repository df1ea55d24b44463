"""Bitrix24: the events of its telephony, OnVoximplantCallStart and OnVoximplantCallEnd, as outgoing webhooks.

All values are texts. An agent is a user of the portal by id; there are no queues. `CALL_DURATION` is how long was
talked, in whole seconds. A call of one's own phone system that was registered there (`telephony.externalCall.finish`)
is told by the same event. A secret is the application's token.
"""

from services.feeds.authenticity.bitrix24 import Bitrix24Token
from services.feeds.bitrix24.deliveries import read
from services.feeds.webhooks.source import Webhook

WEBHOOK = Webhook(Bitrix24Token(), read)
