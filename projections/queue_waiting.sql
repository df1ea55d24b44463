-- Who is waiting in each queue, and since when?
-- A caller who waits is a cell with `waiting` = 1, whose `joined_ms` is the epoch millisecond of joining. Whoever joined
-- leaves once: answered, or ended without an answer; then both are 0. Any other cell is one of facts that are still to come.
-- key: queue, call
-- live: for ever
SELECT queue,
       call,
       1                                                                           AS waiting,
       epoch_ms(time)                                                              AS joined_ms
FROM calls
WHERE type = 'call.offered'
UNION ALL BY NAME
SELECT queue,
       call,
       -1                                                                          AS waiting,
       -epoch_ms(coalesce(enqueued_at, time - to_seconds(wait_seconds)))           AS joined_ms
FROM calls
WHERE type = 'call.answered' AND queue IS NOT NULL
UNION ALL BY NAME
SELECT queue,
       call,
       -1                                                                          AS waiting,
       -epoch_ms(enqueued_at)                                                      AS joined_ms
FROM calls
WHERE type = 'call.ended' AND queue IS NOT NULL AND enqueued_at IS NOT NULL AND answered_at IS NULL
