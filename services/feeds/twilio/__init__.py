"""Twilio: voice status callbacks and the event callbacks of TaskRouter, as forms or from Event Streams (CloudEvents).

What comes in both ways counts once: a fact is known by what it is about, not by what brought it. Voice names a call by
its CallSid, and so does TaskRouter where the task's attributes have `call_sid` (as those of Enqueue do), so that what
the two say of one call comes together; a task without a call is a call by its own name. A queue is a TaskQueue, an
agent a Worker by its Sid, or the `client:` that a call was dialled on to. Voice tells whole seconds and comes in any
order, which `SequenceNumber` says; TaskRouter tells milliseconds.

The call that a caller made is answered by Twilio itself: whether anybody picked up, the leg of an agent or a
reservation says. It is over when voice says so, or else when its task goes over to the work after it, or else when that
is done. A secret is an auth token of the account, or of a SharedKey where a Webhooks Rule signs with one;
Twilio signs the address that it calls, which has to be `KVOTA_FEEDS_PUBLIC_URL`.
"""

from services.feeds.authenticity.twilio import TwilioSignature
from services.feeds.twilio.deliveries import read
from services.feeds.webhooks.source import Webhook

WEBHOOK = Webhook(TwilioSignature(), read)
