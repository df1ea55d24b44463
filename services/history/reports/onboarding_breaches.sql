-- Who worked with customers before being certified for it?
-- ru: Кто работал с клиентами до обязательной аттестации?
-- A contact is an answered call, or one that a rep wrote down (`customer.contacted`). Required is what the version of the
-- programme says that was followed on the day: of everyone in its posts, or of those whose first day is not before the
-- programme's. `programmes` are those in which the rep should have been certified on the day, and was not.
-- param: day day null
-- param: from day null
-- param: to day null
-- key: rep, day
-- chart: bar x=rep,day y=contacts
-- behind: calls of contacts where
--    type = 'call.ended' AND answered_at IS NOT NULL AND rep = $row_rep AND day = $row_day
-- behind: deals of contacts where type = 'customer.contacted' AND rep = $row_rep AND day = $row_day
-- context: people where type IN ('rep.hired', 'rep.assigned', 'rep.promoted') AND rep = $row_rep
-- context: training where
--    type = 'programme.published' AND starts_on <= $row_day
--    OR type = 'certification.granted' AND rep = $row_rep AND day <= $row_day
-- column: rep text | Rep | Сотрудник
-- column: day day | Day | День
-- column: programmes text | Programmes not certified in | Программы без аттестации
-- column: contacts count | Contacts | Контакты
-- `to` is the first day that is left out.
WITH contact AS (
    SELECT rep, day, fact.weight FROM calls WHERE type = 'call.ended' AND rep IS NOT NULL AND answered_at IS NOT NULL
    UNION ALL
    SELECT rep, day, fact.weight FROM deals WHERE type = 'customer.contacted'
),
day_of_rep AS (
    SELECT rep, day, sum(weight)::BIGINT AS contacts
    FROM contact
    WHERE ($day::DATE IS NULL OR day = $day::DATE)
      AND ($from::DATE IS NULL OR day >= $from::DATE)
      AND ($to::DATE IS NULL OR day < $to::DATE)
    GROUP BY rep, day
    HAVING sum(weight) > 0
),
placed AS (
    SELECT rep, day_of_rep.day, post
    FROM day_of_rep JOIN people AS work USING (rep)
    WHERE work.type IN ('rep.hired', 'rep.assigned', 'rep.promoted')
      AND work.starts_on <= day_of_rep.day AND (work.ends_on IS NULL OR day_of_rep.day < work.ends_on)
    QUALIFY row_number() OVER (PARTITION BY rep, day_of_rep.day ORDER BY work.starts_on DESC, work.fact."offset" DESC) = 1
),
joined AS (
    SELECT rep, min(starts_on) AS joined_on FROM people WHERE type = 'rep.hired' GROUP BY rep
),
programme AS (
    SELECT *, min(starts_on) OVER (PARTITION BY programme) AS first_on, fact."offset" AS place
    FROM training
    WHERE type = 'programme.published'
),
followed AS (
    SELECT days.day, programme.* EXCLUDE (day)
    FROM (SELECT DISTINCT day FROM day_of_rep) AS days
         JOIN programme ON starts_on <= days.day AND (ends_on IS NULL OR days.day < ends_on)
    QUALIFY row_number() OVER (PARTITION BY programme, days.day ORDER BY starts_on DESC, place DESC) = 1
),
certified AS (
    SELECT rep, programme, day AS granted_on, expires_on FROM training WHERE type = 'certification.granted'
),
lacking AS (
    SELECT placed.rep, placed.day, followed.programme
    FROM placed
         JOIN joined USING (rep)
         JOIN followed ON followed.day = placed.day
    WHERE required_of IS NOT NULL
      AND (len(posts) = 0 OR list_contains(posts, placed.post))
      AND (required_of = 'everyone' OR joined_on >= first_on)
      AND NOT EXISTS (
          FROM certified
          WHERE certified.rep = placed.rep AND certified.programme = followed.programme
            AND granted_on <= placed.day AND (certified.expires_on IS NULL OR placed.day < certified.expires_on)
      )
)
SELECT rep,
       day,
       list(programme ORDER BY programme)                                          AS programmes,
       any_value(contacts)                                                         AS contacts
FROM lacking JOIN day_of_rep USING (rep, day)
GROUP BY rep, day
ORDER BY day, rep
