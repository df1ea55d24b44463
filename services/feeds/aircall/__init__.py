"""Aircall: webhooks of the resources call and user.

A line (Aircall's number) is our queue, by its id; a user is our agent, by its id. `call.hungup` comes at once and
incomplete, `call.ended` half a minute later and whole: the second restates the first where they differ. Aircall tells
whole seconds; it does not tell for how long the phone of the one who answered rang, nor holds.

The secret is the token that Aircall shows for the webhook.
"""

from services.feeds.aircall.deliveries import read
from services.feeds.authenticity.aircall import AircallToken
from services.feeds.webhooks.source import Webhook

WEBHOOK = Webhook(AircallToken(), read)
