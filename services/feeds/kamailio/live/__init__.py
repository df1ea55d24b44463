"""A live Kamailio: its evapi over TCP (`evapi`), or the topic that its kafka module writes to (`topic`).

**evapi** says nothing twice: what nobody heard is gone, and the first record of every connection but the first tells
`feed.gap_found`. It answers no questions and has no heartbeat, so a quiet connection and a dead one look the same: TCP
itself is asked to notice (keepalive), which takes a minute.

**A topic** keeps what is not read yet, so there is no spool and no gap, as long as it is read before its records
expire; when some did, that is told. The records of a call lie in several partitions: they are read in the order of
their timestamps (`merging`). A topic gets the records of acc; who feeds from both at once tells the same facts twice
under the same ids, and they count once.
"""
