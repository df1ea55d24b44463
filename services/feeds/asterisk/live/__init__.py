"""A live Asterisk: its manager interface over TCP. What is not of Asterisk alone is in `services.feeds.live`.

**The socket is never kept waiting**, because Asterisk cuts off a client that reads too slowly, in the middle of an
event. **A restart goes on where the log is**: what the reader remembers is who waits, who talks, and since when an
agent is paused. No search for a moment without calls is needed; there is none on a busy floor.

**A hole is told, and filled.** AMI does not say again what nobody heard. The first thing heard after a connection began
tells `feed.gap_found`. Where the queue_log can be read, its lines of that time are read by the same rules and with the
same memory (`missed`), so what was heard already counts once and a call that was under way gets the figures that
Asterisk counted; `feed.caught_up` says so. What queue_log does not have stays untold rather than being guessed: a call
without a queue whose answer or end may have been missed, and what agents did but talking on queue calls and pausing.

**The clock is the phone system's.** It is asked for once a second (`Action: Ping`), and its answer runs through the
spool like any event: `feed.beat` says that all before that moment is on the log.
"""
