-- Whom did each outbound campaign reach, and did it keep within the legal share of abandoned calls?
-- ru: До кого дозвонилась каждая исходящая кампания и не превысила ли она законную долю брошенных вызовов?
-- By successive periods of 30 days from the first day of the campaign, as the rule reads (16 CFR 310.4(b)(4): at most 3 %); shown are
-- the periods that have a day from `from` to before `to`. A call is a dial, however many queues it went through; those without
-- a campaign stand together. Connected is what was answered, by a machine or voicemail too; live is a person, and `answered_by_unknown`
-- where no source tells, so that the contact rate is left out. Abandoned is a live call with whom no agent spoke within `within_ms`
-- milliseconds of the greeting; `untimed` are live calls with an agent of which no source tells that time, left out of the rate. The
-- right-party rate is left out where nobody said what connected calls came to. Rates are in percent.
-- needs: a feed that tells who answered and after how long an agent spoke, and what a campaign sold | источник, который сообщает, кто ответил и когда заговорил оператор, и продажи кампании
-- param: from day null
-- param: to day null
-- param: campaign text null
-- param: within_ms whole 2000
-- param: limit whole 3
-- key: campaign, starts_on
-- chart: bar x=campaign,starts_on y=abandon_rate
-- with: dial AS (SELECT call, day FROM calls
--    WHERE type = 'call.ended' AND direction = 'outbound' AND campaign IS NOT DISTINCT FROM $row_campaign)
-- with: dialled AS (SELECT call FROM dial WHERE day >= $row_starts_on AND day < $row_ends_on)
-- behind: calls where
--    type = 'call.ended' AND direction = 'outbound' AND campaign IS NOT DISTINCT FROM $row_campaign AND call IN (FROM dialled)
-- context: calls of right_party, right_party_rate where type = 'call.dispositioned' AND call IN (FROM dialled)
-- context: calls where
--    type = 'call.ended' AND direction = 'outbound' AND campaign IS NOT DISTINCT FROM $row_campaign
--    AND day = (SELECT min(day) FROM dial)
-- column: campaign text | Campaign | Кампания
-- column: starts_on day | From | С
-- column: ends_on day | Before | До (не включая)
-- column: dials count | Dials | Наборы
-- column: connected count | Connected | Дозвоны
-- column: live count | Answered by a person | Ответил человек
-- column: machine count | Answered by a machine | Ответил автоответчик
-- column: answered_by_unknown count | Answered by nobody knows whom | Неизвестно, кто ответил
-- column: right_party count | Right person | Нужный человек
-- column: connect_rate percent | Connect rate, % | Доля дозвонов, %
-- column: contact_rate percent | Contact rate, % | Доля контактов, %
-- column: right_party_rate percent | Right-party rate, % | Доля нужных людей, %
-- column: abandoned count | Abandoned | Брошено
-- column: untimed count | Of unknown delay | С неизвестной задержкой
-- column: abandon_rate percent | Abandoned of live, % | Брошено от ответивших людей, %
-- column: within_limit flag | Within the limit | В пределах нормы
WITH stay AS (
    SELECT campaign, call, day, answered_at, outcome, answered_by, rep, greeting_to_agent_ms
    FROM calls
    WHERE type = 'call.ended' AND direction = 'outbound'
    GROUP BY campaign, call, day, answered_at, outcome, answered_by, rep, greeting_to_agent_ms, queue, ended_at
    HAVING sum(fact.weight) > 0
),
said AS (
    SELECT call, bool_or(right_party) AS right_party
    FROM (SELECT call, right_party FROM calls WHERE type = 'call.dispositioned'
          GROUP BY call, right_party HAVING sum(fact.weight) > 0)
    GROUP BY call
),
dial AS (
    SELECT campaign, call, min(day) AS day,
           bool_or(answered_at IS NOT NULL OR outcome = 'voicemail')               AS connected,
           coalesce(bool_or(answered_by = 'live'), false)                          AS live,
           coalesce(bool_or(answered_by = 'machine' OR outcome = 'voicemail'), false) AS by_machine,
           bool_or(rep IS NOT NULL)                                                AS with_agent,
           min(greeting_to_agent_ms)                                               AS delay_ms
    FROM stay
    GROUP BY campaign, call
),
fared AS (
    SELECT dial.*, live AS is_live, by_machine AND NOT live AS is_machine,
           live AND (NOT with_agent AND delay_ms IS NULL OR coalesce(delay_ms > $within_ms, false)) AS is_abandoned,
           live AND with_agent AND delay_ms IS NULL                                AS is_untimed,
           said.right_party IS NOT NULL                                            AS is_said,
           coalesce(said.right_party, false)                                       AS is_right,
           min(day) OVER (PARTITION BY campaign)                                   AS began_on
    FROM dial LEFT JOIN said USING (call)
),
summed AS (
    SELECT campaign,
           began_on + ((day - began_on) // 30 * 30)::INTEGER                       AS starts_on,
           count(*)                                                                AS dials,
           count(*) FILTER (connected)                                             AS connected,
           count(*) FILTER (is_live)                                               AS live,
           count(*) FILTER (is_machine)                                            AS machine,
           count(*) FILTER (connected AND NOT is_live AND NOT is_machine)          AS unknown,
           count(*) FILTER (is_said)                                               AS said,
           count(*) FILTER (is_right)                                              AS right_party,
           count(*) FILTER (is_abandoned)                                          AS abandoned,
           count(*) FILTER (is_untimed)                                            AS untimed
    FROM fared
    GROUP BY ALL
)
SELECT campaign,
       starts_on,
       starts_on + 30                                                              AS ends_on,
       dials,
       connected,
       live,
       machine,
       unknown                                                                     AS answered_by_unknown,
       right_party,
       connect_rate_v1(connected, dials)                                           AS connect_rate,
       CASE WHEN unknown = 0 THEN contact_rate_v1(live, dials) END                 AS contact_rate,
       CASE WHEN said > 0 OR connected = 0 THEN right_party_rate_v1(right_party, dials) END AS right_party_rate,
       abandoned,
       untimed,
       outbound_abandon_v1(abandoned, live - untimed)                              AS abandon_rate,
       CASE WHEN live > untimed THEN 100 * abandoned <= $limit * (live - untimed) END AS within_limit
FROM summed
WHERE ($campaign::VARCHAR IS NULL OR campaign = $campaign::VARCHAR)
  AND ($from::DATE IS NULL OR starts_on + 30 > $from::DATE)
  AND ($to::DATE IS NULL OR starts_on < $to::DATE)
ORDER BY campaign NULLS LAST, starts_on
