"""Bitrix24: the events of its telephony: OnVoximplantCallStart, OnVoximplantCallEnd and OnExternalCallStart.

All values are texts. An agent is a user of the portal by id; there are no queues. `CALL_DURATION` is how long was
talked, in whole seconds. A call of one's own phone system that was registered there (`telephony.externalCall.finish`)
is told by the same event; when somebody begins one from the portal (`OnExternalCallStart`, which an application gets,
and no outgoing webhook), that says whose it is and since when. A secret is the application's token.
"""

from services.feeds.authenticity.bitrix24 import Bitrix24Token
from services.feeds.bitrix24.deliveries import read
from services.feeds.webhooks.source import Webhook

WEBHOOK = Webhook(Bitrix24Token(), read)
