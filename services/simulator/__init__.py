"""What stands in for the outside world: a seeded day of a sales floor played through real doors.

**The model** (`day`, of `staff`, `arrivals`, `floor`, `calls`, `transfers`, `outbound`, `deals`) is pure: a plan gives
all that happens, to the millisecond, and the truth about it (`figures`), counted from what the model did and from
nothing that the product says. The same seed, day and size are the same calls, the same event ids and the same figures.

**The doors** get what is for them when the day's clock says so (`play`). The desk is asked one thing after the other,
in the order of time, under an idempotency key that follows from the plan. The phone system is a small AMI server that
says what an Asterisk says, quirks included, and keeps a queue_log if it is told where; a feed hears what happens from
when it logs in, so what it misses is only in the queue_log. The first feed that listens and asks for the time starts
the day, and at speed 0 the day waits for a feed. The feeds' door gets what a phone system does not tell
(planned shifts, dispositions, gauges), some of it late or twice, and a part of what it tells once more, late and out of
order.

**Names** of staff go to the desk and nowhere else. The phone system calls its agents by the rep ids that the desk gave,
so that feeds need no roster; when a roster is asked for it calls them agent101 and so on.
"""
