-- How far has each feed got, by the clock of its source?
-- key: feed
-- live: for ever
SELECT feed,
       epoch_ms(time)                                                              AS max_beat_ms
FROM feeds
WHERE type = 'feed.beat' AND paced_by IS NULL
