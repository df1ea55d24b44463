"""Vonage: the event webhook of the Voice API, with signed webhooks.

A call is a conversation. Its inbound leg is the caller's, an outbound leg of the same conversation the one of an agent,
by the name of the app's user; a conversation without an inbound leg was dialled. A leg does not say which of these it
is: what ends first is told as dialled, and restated when the caller's leg ends. There are no queues. Times have
milliseconds. A secret is the signature secret of the account.
"""

from services.feeds.authenticity.vonage import VonageToken
from services.feeds.vonage.deliveries import read
from services.feeds.webhooks.source import Webhook

WEBHOOK = Webhook(VonageToken(), read)
