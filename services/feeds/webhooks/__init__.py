"""Cloud telephony: systems that call us over HTTP, one delivery for each thing that happens to a call or an agent.

A vendor's package (`services/feeds/aircall`, …) only reads: it says which scheme proves a delivery, and what the
delivery says was seen, in the one vocabulary of `seen.py`. What follows from what was seen is the same for all of them
(`calls.py`, `agents.py`): deliveries come late, twice and in any order, so a call is the set of what was seen of it,
and a fact that a later delivery betters is restated.

What was seen lies in `kvota.intake` before the sender is told that it was accepted, and the facts are made from there
(`assembling.py`): the state of every adapter is a fold of that topic, so that any process may end at any moment, and
several may do the same work: they tell the same facts under the same ids.

How long an agent is in a state is told at each quarter of an hour, though no source says anything then: the clock is
that of the log, and where no record moves it on, who folds the intake puts one there that does nothing else
(`ticking.py`). So the clock is part of what is folded, and a fold that is done again tells the same pieces.
"""
