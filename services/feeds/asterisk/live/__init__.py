"""A live Asterisk: its manager interface over TCP, in a process that may stop and start at any time.

**The socket is never kept waiting.** Asterisk cuts off a client that reads too slowly, in the middle of an event. So
all that arrives goes to a spool on disk at once, whatever Kafka does (`connection`, `spool`); the facts are made from
the spool and appended from there (`feed`). When Kafka is away for so long that the spool is full, we hang up, and call
again when half of it is free: a hole that is known is better than an Asterisk that is held up.

**A restart goes on where the log is.** What the reader remembers (who waits, who talks, since when an agent is paused)
is written down together with the position in the spool that it belongs to, and only once all that follows from what
lies before is acknowledged (`checkpoint`). After a crash the spool is read again from there with that memory, so the
same facts with the same ids come of it: those that were appended before count once, and no duration begins anew. No
search for a moment without calls is needed; there is none on a busy floor.

**A hole is told, and filled.** AMI does not say again what nobody heard. The first thing heard after a connection began
tells `feed.gap_found`. Where the queue_log can be read, its lines of that time are read by the same rules and with the
same memory (`missed`), so what was heard already counts once and a call that was under way gets the figures that
Asterisk counted; `feed.caught_up` says so. What queue_log does not have stays untold rather than being guessed: a call
without a queue whose answer or end may have been missed, and what agents did but talking on queue calls and pausing.

**The clock is the phone system's.** It is asked for once a second (`Action: Ping`), and its answer runs through the
spool like any event: `feed.beat` says that all before that moment is on the log.
"""
