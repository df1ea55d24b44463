-- Is what each feed told of each day complete, when was it silent, and is its clock right?
-- ru: Полно ли то, что каждый источник рассказал о каждом дне, когда он молчал и верны ли его часы?
-- A gap is closed when its feed filled it itself (`feed.gap_closed`), or when a reading by another feed of the same source covers
-- it from its first moment to its last; the others are open: a feed that read what was before and after has read around it.
-- `missing` counts the items of gaps that the source numbers, and `unknown_open` the open gaps of which nobody knows how large
-- they are. `received`, `appended` and `parked` are what readings say, an item that is read twice counts twice; what beats say
-- could not be read is in `parked` too. `longest_silence_s` is the longest time between two beats of the day. `clock_ahead_ms`
-- is by how much the source's clock is ahead of ours at the least: what its words took on their way counts against it, so that
-- a clock that is right seems to be a little behind.
-- param: day day null
-- param: from day null
-- param: to day null
-- param: feed text null
-- key: feed, day
-- chart: stack x=feed,day y=gaps_closed,gaps_open
-- with: gap AS (SELECT fact.id AS id, source, starts_at, ends_at FROM feeds
--    WHERE type = 'feed.gap_found' AND feed = $row_feed AND day = $row_day)
-- behind: completeness of received..parked where readings IS NOT NULL AND feed = $row_feed AND day::DATE = $row_day
-- behind: completeness of gaps..unknown_open where gaps IS NOT NULL AND feed = $row_feed AND day::DATE = $row_day
-- behind: completeness of parked, beats..clock_ahead_ms where
--    beats IS NOT NULL AND feed = $row_feed AND day::DATE = $row_day
-- context: feeds of gaps_closed, gaps_open, missing_open, unknown_open where
--    type = 'feed.gap_closed' AND (feed = $row_feed AND found_on = $row_day OR gap::VARCHAR IN (SELECT id FROM gap))
-- context: feeds of gaps_closed, gaps_open, missing_open, unknown_open where
--    type = 'feed.caught_up' AND feed <> $row_feed
--    AND EXISTS (FROM gap WHERE gap.source = feeds.source AND feeds.starts_at <= gap.starts_at AND feeds.ends_at >= gap.ends_at)
-- column: feed text | Feed | Источник
-- column: day day | Day | День
-- column: received count | Received | Принято
-- column: appended count | Appended | Записано
-- column: parked count | Parked | Отложено
-- column: gaps count | Gaps | Пропуски
-- column: gaps_closed count | Gaps closed | Закрытые пропуски
-- column: gaps_open count | Gaps open | Открытые пропуски
-- column: missing count | Missing | Недостаёт
-- column: missing_open count | Missing in open gaps | Недостаёт в открытых пропусках
-- column: unknown_open count | Open gaps of unknown size | Открытые пропуски неизвестного размера
-- column: beats count | Beats | Сигналы
-- column: first_beat_at instant | First beat | Первый сигнал
-- column: last_beat_at instant | Last beat | Последний сигнал
-- column: longest_silence_s seconds | Longest silence, s | Самое долгое молчание, с
-- column: clock_ahead_ms number | Clock ahead, ms | Часы спешат, мс
-- `to` is the first day that is left out.
WITH counts AS (
    SELECT feed,
           day,
           received,
           appended,
           parked,
           gaps,
           missing,
           beats
    FROM completeness
),
gap AS (
    SELECT feed, day, source, fact.id AS id, missing, starts_at, ends_at
    FROM feeds
    WHERE type = 'feed.gap_found'
),
closed AS (
    SELECT id FROM gap SEMI JOIN (SELECT gap FROM feeds WHERE type = 'feed.gap_closed') AS told ON told.gap::VARCHAR = gap.id
    UNION
    SELECT id
    FROM gap
         SEMI JOIN (SELECT source, feed, starts_at, ends_at FROM feeds WHERE type = 'feed.caught_up') AS reading
             ON reading.source = gap.source AND reading.feed <> gap.feed
            AND reading.starts_at <= gap.starts_at AND reading.ends_at >= gap.ends_at
),
still AS (
    SELECT feed,
           day,
           count(*)                                                                AS gaps_open,
           coalesce(sum(missing), 0)::BIGINT                                       AS missing_open,
           count(*) FILTER (missing IS NULL)                                       AS unknown_open
    FROM gap ANTI JOIN closed USING (id)
    GROUP BY feed, day
),
beat AS (
    SELECT feed,
           feeds.day,
           time,
           time - lag(time) OVER (PARTITION BY feed, feeds.day ORDER BY time)      AS silence,
           coalesce(ahead_ms, CASE WHEN paced_by IS NULL THEN epoch_ms(time) - epoch_ms(appended_at) END) AS ahead_ms
    FROM feeds JOIN records ON records.topic = feeds.fact.topic AND records."partition" = feeds.fact."partition"
                           AND records."offset" = feeds.fact."offset"
    WHERE feeds.type = 'feed.beat'
),
life AS (
    SELECT feed,
           day,
           min(time)                                                               AS first_beat_at,
           max(time)                                                               AS last_beat_at,
           epoch(max(silence))::BIGINT                                             AS longest_silence_s,
           max(ahead_ms)                                                           AS clock_ahead_ms
    FROM beat
    GROUP BY feed, day
)
SELECT feed,
       day,
       received,
       appended,
       parked,
       gaps,
       gaps - coalesce(gaps_open, 0)                                               AS gaps_closed,
       coalesce(gaps_open, 0)                                                      AS gaps_open,
       missing,
       coalesce(missing_open, 0)                                                   AS missing_open,
       coalesce(unknown_open, 0)                                                   AS unknown_open,
       beats,
       first_beat_at,
       last_beat_at,
       longest_silence_s,
       clock_ahead_ms
FROM counts LEFT JOIN still USING (feed, day) LEFT JOIN life USING (feed, day)
WHERE ($day::DATE IS NULL OR day = $day::DATE)
  AND ($from::DATE IS NULL OR day >= $from::DATE)
  AND ($to::DATE IS NULL OR day < $to::DATE)
  AND ($feed::VARCHAR IS NULL OR feed = $feed::VARCHAR)
ORDER BY day, feed
