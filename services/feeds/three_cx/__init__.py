"""3CX: its call detail records (CDR), a line for each call when it is over, from files or over TCP.

Nothing in a line is quoted, and an installation puts the columns in an order of its own: `--fields` says which, and
without it is the order of 3CX's documentation. The ids of the call (`historyid`, `callid`), its times and reasons, and
number and type of its parties are needed. A name may have commas in it, and none is read; the number outside is looked
up, and is in no fact.

**Times** have no zone. In the three rows that could be looked at (of 2020, 2023 and 2024, the last of version 20) they
were UTC by the moment in their `callid`, as 3CX's guide says it of the times in its database: so UTC they are, where
`--source-zone` says nothing else. The `callid` begins with the moment that it was made at; a row whose start does not
fit it is parked, because then the zone is wrong. It also tells which of the two it was, in an hour that the clocks
showed twice.

**A row** is a call from one party to another (`to`), and to where it went in the end (`final`). It tells `call.ended`
and no more, for each part (`callid`) of a call (`historyid`); parts are told by themselves, so rows may come in any
order and twice. Queues and agents go by their number in the phone system; the roster makes reps of them. Rows that a
queue, a group or an IVR began are legs of a call that has its own row: they tell nothing, and so does the list of those
who did not pick up (`missed-queue-calls`), for no duration is in it.

**What a row does not tell.**

* When a caller joined the queue, if an IVR came first; nor the queue itself, if that IVR's queue found an agent.
* `time-answered` is when the line was answered: by an IVR or a queue, too. Then all of the waiting is inside
  `talk_seconds`. What holds is the sum: from the start to the end of the row.
* Who had a call that was transferred for how long: its talk is that of both, and counts for the first of them.
* How long a queue waited that passed a caller on: `timed_out` with the end of the whole row.
"""
