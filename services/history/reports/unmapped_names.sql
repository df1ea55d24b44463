-- Which names of phone systems does nobody stand behind?
-- ru: За какими именами телефонных систем никто не стоит?
-- An agent's name is unmapped as long as facts are told as of a rep who was never hired here; a queue's where names of queues of
-- the same source are mapped and this one is not. `told_as` is what the facts count under. Once a name is mapped its facts are
-- restated, and it is gone from here. `seen_first` and `seen_last` are when the first and the last of these facts happened.
-- param: source text null
-- param: kind text null
-- key: source, kind, name, told_as
-- chart: bar x=source,kind,name,told_as y=facts
-- behind: calls where $row_kind = 'agent' AND rep = $row_told_as AND coalesce(source_agent, rep) = $row_name
--    AND regexp_replace(source, '^/directory/(.+)$', '\1') = $row_source
-- behind: agents where
--    $row_kind = 'agent' AND type = 'agent.state_lasted' AND rep = $row_told_as AND coalesce(source_agent, rep) = $row_name
--    AND regexp_replace(source, '^/directory/(.+)$', '\1') = $row_source
-- behind: calls where $row_kind = 'queue' AND queue = $row_told_as AND coalesce(source_queue, queue) = $row_name
--    AND regexp_replace(source, '^/directory/(.+)$', '\1') = $row_source
-- context: directory where $row_kind = 'queue' AND kind = 'queue' AND named_by = $row_source
-- column: source text | Source | Источник
-- column: kind text | Kind | Вид
-- words: kind | agent = сотрудник | queue = очередь
-- column: name text | Name | Имя
-- column: told_as text | Told as | Записано как
-- column: facts count | Facts | Факты
-- column: seen_first instant | Seen first | Впервые замечено
-- column: seen_last instant | Seen last | Последний раз замечено
WITH told AS (
    SELECT source, 'agent' AS kind, source_agent AS own, rep AS told_as, type, time, subject, fact.weight AS weight
    FROM calls WHERE rep IS NOT NULL
    UNION ALL BY NAME
    SELECT source, 'agent' AS kind, source_agent AS own, rep AS told_as, type, time, subject, fact.weight AS weight
    FROM agents WHERE type = 'agent.state_lasted'
    UNION ALL BY NAME
    SELECT source, 'queue' AS kind, source_queue AS own, queue AS told_as, type, time, subject, fact.weight AS weight
    FROM calls WHERE queue IS NOT NULL
),
named AS (
    SELECT regexp_replace(source, '^/directory/(.+)$', '\1')  AS source,
           kind,
           coalesce(own, told_as)                             AS name,
           told_as, type, time, subject, weight
    FROM told
),
unmapped AS (
    SELECT * FROM named
    WHERE kind = 'agent' AND told_as NOT IN (SELECT rep FROM people WHERE rep IS NOT NULL)
    UNION ALL BY NAME
    SELECT * FROM named
    WHERE kind = 'queue'
      AND source IN (SELECT named_by FROM directory WHERE kind = 'queue')
      AND (source, name) NOT IN (SELECT (named_by, name) FROM directory WHERE kind = 'queue')
),
left_over AS (
    SELECT source, kind, name, told_as, type, time, subject, sum(weight) AS facts
    FROM unmapped
    GROUP BY ALL
    HAVING sum(weight) <> 0
)
SELECT source,
       kind,
       name,
       told_as,
       sum(facts)::BIGINT                             AS facts,
       date_trunc('second', min(time))                AS seen_first,
       date_trunc('second', max(time))                AS seen_last
FROM left_over
WHERE ($source::VARCHAR IS NULL OR source = $source::VARCHAR) AND ($kind::VARCHAR IS NULL OR kind = $kind::VARCHAR)
GROUP BY ALL
HAVING sum(facts) > 0
ORDER BY facts DESC, source, kind, name, told_as
