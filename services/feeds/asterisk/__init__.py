"""Asterisk: what it writes in files and says by its manager interface (AMI) in, facts out.

AMI and queue_log are the best sources, CEL comes next, CDR last. The readers of the first two say what they saw to
`QueueCalls` and `Agents`, which know what it means: that is why one phone system read in both ways gives the same ids
and the same figures, and feeding both counts once.

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

**CEL** (cel_custom as JSON, which Asterisk 22.10 can write and 16 cannot) tells every call that AMI tells, under the
same ids, with instants to the microsecond and durations as the difference of two epoch seconds: not being Asterisk's
own reckoning, they may differ from it by one. The caller's place in the queue is counted: it is right where all wait
in one line, and after those have left who were in it when the file begins. A call that began before the file is not
told. CEL has no names of members (an agent is the endpoint, such as agent101, or what the roster makes of that or of
PJSIP/agent101), no campaign and no lead, and nothing of agents. That a caller joined, was refused, gave up or was
given up is inferred: a queue that lets go at once did not take the caller in (`join_empty` stands for `full` too), a
caller who is let go before the time given to Queue is up left an empty one.

**CDR** (cdr_csv with newcdrcolumns; cdr_custom as JSON where there is that for CEL) tells `call.ended` and no more:
it does not know when a caller joined a queue, nor when an agent picked up if the dialplan had answered the line
before. Then all of the waiting is inside `talk_seconds`, and answered_at is when the line was: no service level can
be read from it. What holds is the sum: wait and talk together are within 1.1 seconds of the truth, counted from the
answer of the line, and each is for itself where the agent's answer was the line's. In particular:

* A call whose queue rang nobody (timed out, left by key, refused) leaves a row without a queue: it is `closed`, with
  how long it lasted as waiting. If phones rang before, `timed_out` stands for `leave_empty` too.
* Several stays in one queue look like one, and are told as one.
* Who hung up on an answered call is not known. Nobody picking up means that the caller gave up, unless another row
  shows that the dialplan went on, or the time given to Dial was up.
* A caller who talks to somebody else after an agent was transferred, unless the options say that the dialplan goes on
  (`c` of Queue, `g` of Dial). That needs `endbeforehexten = yes` in cdr.conf, which is the default.
* With `unanswered = no`, also a default, a call is not there that nobody answered and nobody was called for.
* A call from a company's phone is known by the caller's extension, or by dialling the number that Dial then calls.
* A call is what its first channel did. Rows of other channels only tell how long an agent consulted; where such a
  transfer joins two calls, CDR gives both the elder's linkedid, and the younger is not told.
* The rows of a call stand together, and are told at the end of a file as well: one that was cut off exactly between
  two rows of a call tells that call by the first of them. Feed a file that is complete.
* Its wall time needs the zone of the phone system's clock (`--source-zone`). An hour that the clocks showed twice is
  decided by the epoch second in the unique id; one that they never showed is parked, and so is a row that lies before
  its own channel or begins long after it, or whose end is not where its duration puts it: then the zone is wrong.

**Read together**, the better source is believed: `authority` leaves out of CEL what AMI or queue_log told of a call,
and of CDR what any of them did, so the rest adds only calls that were missing. Fed one after another by different
runs, what is on the log first stays: a stay has one id in all of them, but a call that CDR calls `closed` has
another, and counts beside its stay. So feed CDR with the others, or without them.
"""
