"""Listening to a phone system, in a process that may stop and start at any time: what is the same for all of them.

**The socket is never kept waiting.** Phone systems cut off a client that reads too slowly, or drop what it does not
take. So all that arrives goes to a spool on disk at once, whatever Kafka does (`connection`, `spool`); the facts are
made from the spool and appended from there (`feed`). When Kafka is away for so long that the spool is full, we hang up,
and call again when half of it is free: a hole that is known is better than a phone system that is held up.

**A restart goes on where the log is.** What the reader remembers is written down together with the position in the
spool that it belongs to, and only once all that follows from what lies before is acknowledged (`checkpoint`). After a
crash the spool is read again from there with that memory, so the same facts with the same ids come of it: those that
were appended before count once, and no duration begins anew.

**A source brings** its own connection, its reader with a memory, and its line in `sources`.
"""
