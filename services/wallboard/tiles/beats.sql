-- How far has each feed got, by the clock of its source?
SELECT feed, max_beat_ms AS beat_ms
FROM feed_now
ORDER BY feed
