"""Asterisk: the text of its queue_log and the bytes of its manager interface (AMI) in, facts out.

Both readers say what they saw to `QueueCalls` and `Agents`, which know what it means: that is why one phone system
read in both ways gives the same ids and the same figures, and feeding both counts once.

**Whole seconds.** Asterisk computes waiting, ringing and talking as the difference of two `time()` readings, or cuts
a duration down to whole seconds, and tells both sources the same number: so do we. A duration is therefore within one
second of the truth (and of the few milliseconds that Asterisk itself is late). Where it reports none (a caller who
left with a key, a call without a queue) it is the difference of the two epoch seconds, as Asterisk would compute it.

**Instants.** AMI has microseconds, queue_log whole seconds. The instants of a call are as fine as their source has
them, so they may differ by less than a second; everything about an agent is in whole seconds from either. Both cut
down, so both put a moment into the same second and the same quarter of an hour. AMI sends some events milliseconds
after queue_log has its line (65 in the capture, and into the next second); where Asterisk's own durations say which
second it was, an AMI event that came later is put at the end of it. Nothing says so of joining a queue, of unpausing
and of leaving it: there the two can differ at the edge of a second.

**What only AMI sees.** Calls without a queue, inbound and outbound; callers whom a queue refused (`join_empty`,
`full`), unless the dialplan logs them itself; where an attended transfer went; campaign and lead; and of agents:
`ready` and `ringing` as durations, talk outside of queues, and a phone that is not registered. queue_log tells how
long an agent was `paused` and `talking` on queue calls, and enters `ready` when either ends, as AMI does.

**What neither tells.** Holding is inside talking. A call that met a queue is its stays in queues: what follows for
the caller outside of them (the person a call was transferred to, an announcement after a time-out) is no other call,
so `ended_at` of a stay is when the caller or the rep left it. An agent's static queues are unknown until something
happens in them.

**What the phone system must be told.** `timestampevents = yes` in manager.conf (without it AMI events have no time:
they are parked), `systemname` in asterisk.conf, `log_membername_as_agent = yes` in queues.conf (else queue_log names
an agent by the interface in some lines and by name in others). An `eventfilter` that leaves out VarSet and Newexten
costs `join_empty`, campaign and lead, and nothing else.
"""
