"""FreeSWITCH: what its event socket (ESL, `text/event-plain`) says in, facts out; queues are those of mod_callcenter.

**What is told.** A stay in a queue from mod_callcenter's own words (`stays`); a call without a queue from its channels
(`direct`); agents from the status that they choose and the state that mod_callcenter puts them in (`statuses`). Stays
and agents follow the rules that Asterisk's do, so the figures of both mean the same.

**Whole seconds.** mod_callcenter tells in epoch seconds when a caller joined and left and when an agent was called and
answered: wait, ring and talk are differences of those, and a moment is as fine as the event's own time has it, within
the second that was told. A caller who resumes a place that was given up is told with the moment of the first stay, so
the wait counts from the event that says so. `hold_seconds` is what the rep's phone held, cut down to whole seconds.

**Who hung up, and transfers.** mod_callcenter does not say: the hangups of the two channels do (who sent the BYE, or a
cause of BLIND_TRANSFER or ATTENDED_TRANSFER), and they come a little before or after the end of the stay. That is told
as soon as they are known, or after three seconds without. What follows for a caller who was sent on is no other call.

**The place in a queue** is not told either: it is one more than the callers that are known to wait. A queue that lets
callers with a higher score pass may serve them in another order.

**The numbers of events** (`numbering`): the core numbers all that it makes, also what nobody asked for, so holes say
nothing within a connection. Across two connections they tell that nothing is missing (and that is no gap), or at most
how much: `feed.gap_found` has that figure. What FreeSWITCH loses within a connection (it drops events for a client
that reads too slowly) nobody can see from the numbers.

**A new start** has another Core-UUID. Every call of the old core ended with it, at a moment that nobody knows: no
`call.ended` is made up, the calls are forgotten and the gap says so. What agents did is told until the last event of
the old core; the status of each is kept, as mod_callcenter keeps it.

**What is not told.** Callers whom a queue refused (mod_callcenter lets all in); after-call work; what an agent does
outside of queues; the name of who transferred a call without a queue. Holding is inside talking for an agent.

**What the phone system must be told.** Nothing but a password in event_socket.conf.xml, and to let us in
(`apply-inbound-acl`). The channel variables `campaign` and `leadid` name the campaign and the lead of a call.
"""
