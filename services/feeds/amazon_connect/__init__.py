"""Amazon Connect: contact records and the agent event stream, one JSON object or one a line.

What takes them from Kinesis or EventBridge (Firehose, an API destination) sends them here with the secret in
`X-Api-Key`. A contact record is the authority on its contact, and is delivered again with more in it: the one with the
latest `LastUpdateTimestamp` counts. Each leg of a transfer is a record, and a call here; times are whole seconds. What
agents do comes with every change, and every two minutes besides.
"""

from services.feeds.amazon_connect.deliveries import read
from services.feeds.authenticity.header import SecretHeader
from services.feeds.webhooks.source import Webhook

WEBHOOK = Webhook(SecretHeader("x-api-key"), read)
