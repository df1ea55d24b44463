"""Genesys Cloud: the detail events of conversations, as its notification service tells them.

What takes them from there sends them here with the secret in `X-Api-Key`, one JSON object or one a line: a message of
the notification service (`topicName`, `eventBody`). A call is a conversation, a queue a `queueId`, an agent a `userId`.
The end of the agent's part says how the call went, in milliseconds that are cut down to seconds; the end of the
customer's part says it where no agent was in it.
"""

from services.feeds.authenticity.header import SecretHeader
from services.feeds.genesys.deliveries import read
from services.feeds.webhooks.source import Webhook

WEBHOOK = Webhook(SecretHeader("x-api-key"), read)
