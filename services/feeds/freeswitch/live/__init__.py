"""A live FreeSWITCH: its event socket over TCP. What is not of FreeSWITCH alone is in `services.feeds.live`.

**What is spooled** are events, each whole, what each connection begins with, and the time. A connection that breaks
inside an event leaves no part of it; other words of the protocol are passed over.

**A hole is told, not filled.** The event socket says nothing twice, and FreeSWITCH keeps nothing that could fill it:
where the numbers of the events do not go on across two connections, `feed.gap_found` says how many there may have been
between, and of calls that ended meanwhile nothing is made up.

**The clock is the phone system's.** It is asked for its time every second (`strepoch`), since its own heartbeat, of
every 20 s, is too slow for a board. What it tells runs through the spool like any event, and makes `feed.beat`: all
before that moment is on the log, except ends of calls that wait for a hangup.
"""
