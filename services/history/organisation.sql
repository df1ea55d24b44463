-- The organisation as it was decided, for whoever asks who worked where on a day: from a day on, and before another.
-- Of decisions that hold on the same day the one with the latest beginning goes, and of these the last one.

CREATE OR REPLACE VIEW unit_kind AS
SELECT unit, max_by(kind, fact."offset") AS kind FROM people WHERE type = 'unit.formed' GROUP BY unit;

CREATE OR REPLACE VIEW membership AS
WITH job AS (
    SELECT rep, unit, starts_on, ends_on, fact."offset" AS place
    FROM people
    WHERE type IN ('rep.hired', 'rep.assigned', 'rep.promoted')
),
gone AS (
    SELECT rep, min(ends_on) AS day FROM people WHERE type = 'rep.left' GROUP BY rep
),
change AS (
    SELECT rep, starts_on AS day FROM job
    UNION
    SELECT rep, ends_on FROM job WHERE ends_on IS NOT NULL
    UNION
    SELECT rep, day FROM gone WHERE day IS NOT NULL
),
stretch AS (
    SELECT rep, day AS from_on, lead(day, 1, 'infinity'::DATE) OVER (PARTITION BY rep ORDER BY day) AS before_on FROM change
)
SELECT stretch.rep, unit, from_on, before_on
FROM stretch
     JOIN job ON job.rep = stretch.rep AND starts_on <= from_on AND (ends_on IS NULL OR from_on < ends_on)
     LEFT JOIN gone ON gone.rep = stretch.rep
WHERE gone.day IS NULL OR from_on < gone.day
QUALIFY row_number() OVER (PARTITION BY stretch.rep, from_on ORDER BY starts_on DESC, place DESC) = 1;

-- Every unit is a part of itself, and of those above it.
CREATE OR REPLACE VIEW part_of AS
WITH RECURSIVE formed AS (
    SELECT unit, parent, starts_on, ends_on, fact."offset" AS place FROM people WHERE type = 'unit.formed'
),
change AS (
    SELECT '-infinity'::DATE AS day
    UNION
    SELECT starts_on FROM formed
    UNION
    SELECT ends_on FROM formed WHERE ends_on IS NOT NULL
),
above AS (
    SELECT unit, day, parent
    FROM change JOIN formed ON starts_on <= day AND (ends_on IS NULL OR day < ends_on)
    QUALIFY row_number() OVER (PARTITION BY unit, day ORDER BY starts_on DESC, place DESC) = 1
),
known AS (
    SELECT unit FROM formed
    UNION
    SELECT unit FROM membership WHERE unit IS NOT NULL
),
reached AS (
    SELECT unit AS part, day, unit FROM known CROSS JOIN change
    UNION
    SELECT part, reached.day, above.parent
    FROM reached JOIN above ON above.unit = reached.unit AND above.day = reached.day
    WHERE above.parent IS NOT NULL
)
SELECT part, unit, day AS from_on, before_on
FROM reached JOIN (SELECT day, lead(day, 1, 'infinity'::DATE) OVER (ORDER BY day) AS before_on FROM change) USING (day);

-- The units below the company to which a rep belongs.
CREATE OR REPLACE VIEW belonging AS
SELECT rep,
       part_of.unit,
       greatest(membership.from_on, part_of.from_on)                               AS from_on,
       least(membership.before_on, part_of.before_on)                              AS before_on
FROM membership
     JOIN part_of ON part = membership.unit
                 AND membership.from_on < part_of.before_on AND part_of.from_on < membership.before_on
WHERE part_of.unit NOT IN (SELECT unit FROM unit_kind WHERE kind = 'company');
