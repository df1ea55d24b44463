"""A 3CX that sends its CDR over TCP: to whoever connects (its passive socket), or to whom it connects (its active one).

Neither proves who is at the other end, and nothing is encrypted: both belong into a network of one's own. It keeps no
row for later. So what ends while no connection is there is lost, and is told as a gap where that can be known: on the
passive socket with every connection after the first, on the active one, which a 3CX may well open for each row, when we
begin to listen again. Rows come when calls end, so a quiet connection and a dead one look the same: TCP itself is asked
to notice (keepalive), which takes a minute.
"""
