"""Amazon Connect: contact records, contact events and the agent event stream, one JSON object or one a line.

What takes them from Kinesis or EventBridge (Firehose, an API destination) sends them here with the secret in
`X-Api-Key`. A contact record is the authority on its contact, and is delivered again with more in it: the one with the
latest `LastUpdateTimestamp` counts. Each leg of a transfer is a record, and a call here; times are whole seconds. What
agents do comes with every change, and every two minutes besides. Chats and tasks are no calls.

Contact events (`detail-type` is `Amazon Connect Contact Event`) tell early what the record says after the call, at best
effort and in any order; a record confirms or restates it, whichever comes first. They name a queue and an agent by ARN
alone: until the record is there, both go by the last part of it, so give the roster the agents by that id as well.
"""

from services.feeds.amazon_connect.deliveries import read
from services.feeds.authenticity.header import SecretHeader
from services.feeds.webhooks.source import Webhook

WEBHOOK = Webhook(SecretHeader("x-api-key"), read)
