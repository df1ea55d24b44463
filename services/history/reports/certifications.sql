-- Who is certified in what, and until when?
-- ru: Кто в чём аттестован и до какого дня?
-- As of the start of the day `as_of`; without it, of the last business day that the log tells of. Of each programme the
-- certification that holds longest. One that ends within `within` days is expiring. Whoever has left is left out.
-- param: as_of day null
-- param: rep text null
-- param: within whole 30
-- key: rep, programme
-- chart: bar x=rep,programme y=days_left
-- with: moment AS (SELECT coalesce($as_of::DATE, (SELECT day FROM last_told)) AS as_of)
-- behind: training where
--    type = 'certification.granted' AND rep = $row_rep AND programme = $row_programme
--    AND programme_version = $row_programme_version AND day = $row_granted_on AND expires_on IS NOT DISTINCT FROM $row_expires_on
-- context: training where
--    type = 'certification.granted' AND rep = $row_rep AND programme = $row_programme AND day <= (SELECT as_of FROM moment)
-- context: people where type IN ('rep.hired', 'rep.left') AND rep = $row_rep
-- column: rep text | Rep | Сотрудник
-- column: programme text | Programme | Программа
-- column: programme_version count | Version of the programme | Версия программы
-- column: granted_on day | Granted on | Выдана
-- column: expires_on day | Expires on | Истекает
-- column: state text | State | Состояние
-- words: state | valid = действует | expiring = истекает | expired = истекла
-- column: days_left count | Days left | Осталось дней
WITH moment AS (
    SELECT coalesce($as_of::DATE, (SELECT day FROM last_told)) AS as_of
),
working AS (
    SELECT rep
    FROM people, moment
    WHERE type IN ('rep.hired', 'rep.left')
    GROUP BY rep, as_of
    HAVING min(starts_on) FILTER (type = 'rep.hired') <= as_of
       AND coalesce(min(ends_on) FILTER (type = 'rep.left') > as_of, true)
),
longest AS (
    SELECT rep, programme, programme_version, day AS granted_on, expires_on
    FROM training, moment
    WHERE type = 'certification.granted' AND day <= as_of
    QUALIFY row_number() OVER (PARTITION BY rep, programme ORDER BY coalesce(expires_on, DATE '9999-12-31') DESC, day DESC) = 1
)
SELECT rep,
       programme,
       programme_version,
       granted_on,
       expires_on,
       CASE WHEN expires_on <= as_of THEN 'expired'
            WHEN expires_on <= as_of + $within::INT THEN 'expiring'
            ELSE 'valid' END                                                       AS state,
       date_diff('day', as_of, expires_on)                                         AS days_left
FROM longest JOIN working USING (rep) CROSS JOIN moment
WHERE $rep::VARCHAR IS NULL OR rep = $rep::VARCHAR
ORDER BY rep, programme
