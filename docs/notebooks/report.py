"""The report `rep_performance` of a month, made of a mart by DuckDB alone: nothing of Kvota is imported.

`marimo run docs/notebooks/report.py -- --mart FILE --lang ru` shows it; with `marimo edit` the question can be changed.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Kvota")

with app.setup:
    from pathlib import Path

    import altair as alt
    import duckdb
    import marimo as mo

    QUESTION = """
    WITH month AS (
        SELECT ($month || '-01')::DATE AS starts_on, (starts_on + INTERVAL 1 MONTH)::DATE AS ends_on
    ),
    called AS (
        SELECT rep,
               sum(calls)                            AS calls,
               sum(outbound)                         AS outbound,
               sum(answered)                         AS handled,
               sum(talk_seconds)                     AS talk
        FROM rep_day, month
        WHERE currency IS NULL AND day >= starts_on AND day < ends_on
        GROUP BY rep
    ),
    sold AS (
        SELECT rep, currency,
               sum(wins)                             AS won,
               sum(won_minor)                        AS gross,
               sum(refunded_minor)                   AS refunded
        FROM rep_day, month
        WHERE currency IS NOT NULL AND day >= starts_on AND day < ends_on
        GROUP BY rep, currency
    ),
    lost AS (
        SELECT rep, currency, sum(fact.weight)       AS lost
        FROM deals, month
        WHERE type = 'deal.lost' AND day >= starts_on AND day < ends_on
        GROUP BY rep, currency
    ),
    target AS (
        SELECT holder AS rep, currency,
               min(starts_on)::DATE                  AS first,
               max(ends_on)::DATE                    AS past,
               sum(assigned - relieved)              AS quota
        FROM quota
        WHERE measure = 'revenue' AND holder NOT IN (SELECT unit FROM unit_kind)
        GROUP BY holder, period, currency
    ),
    asked AS (
        SELECT rep, currency, sum(quota)             AS quota
        FROM target, month
        WHERE first >= starts_on AND past <= ends_on AND first <= (SELECT day FROM last_told)
        GROUP BY rep, currency
    ),
    line AS (
        SELECT rep, currency FROM sold UNION SELECT rep, currency FROM lost UNION SELECT rep, currency FROM asked
    )
    SELECT rep,
           currency,
           coalesce(calls, 0)::BIGINT                            AS calls,
           coalesce(outbound, 0)::BIGINT                         AS outbound,
           coalesce(handled, 0)::BIGINT                          AS handled,
           coalesce(talk, 0)::BIGINT                             AS talk_seconds,
           coalesce(won, 0)::BIGINT                              AS deals_won,
           coalesce(lost, 0)::BIGINT                             AS deals_lost,
           win_rate_v1(coalesce(won, 0), coalesce(lost, 0))      AS win_rate,
           coalesce(gross, 0)::BIGINT                            AS won_minor,
           coalesce(refunded, 0)::BIGINT                         AS refunded_minor,
           coalesce(gross - refunded, 0)::BIGINT                 AS booked_minor,
           average_deal_v1(gross, won)                           AS average_deal_minor,
           quota::BIGINT                                         AS quota_minor,
           attainment_v1(coalesce(gross - refunded, 0), quota)   AS attainment
    FROM (FROM line UNION ALL SELECT rep, NULL FROM called ANTI JOIN line USING (rep))
         LEFT JOIN called USING (rep)
         LEFT JOIN sold USING (rep, currency)
         LEFT JOIN lost USING (rep, currency)
         LEFT JOIN asked USING (rep, currency)
    ORDER BY rep, currency
    """
    TITLES = {
        "rep": ("Rep", "Сотрудник"),
        "currency": ("Currency", "Валюта"),
        "calls": ("Calls", "Звонки"),
        "outbound": ("Outbound", "Исходящие"),
        "handled": ("Handled", "Обработано"),
        "talk_seconds": ("Talk time, s", "Время разговора, с"),
        "deals_won": ("Deals won", "Выиграно сделок"),
        "deals_lost": ("Deals lost", "Проиграно сделок"),
        "win_rate": ("Win rate, %", "Доля выигранных, %"),
        "won_minor": ("Won, minor units", "Продано, мин. ед."),
        "refunded_minor": ("Refunded, minor units", "Возвращено, мин. ед."),
        "booked_minor": ("Revenue, minor units", "Выручка, мин. ед."),
        "average_deal_minor": ("Average deal, minor units", "Средняя сделка, мин. ед."),
        "quota_minor": ("Quota, minor units", "План, мин. ед."),
        "attainment": ("Attainment, %", "Выполнение плана, %"),
    }


@app.cell
def which_mart():
    mart = mo.cli_args().get("mart") or ".kvota/mart/current/mart.duckdb"
    return (mart,)


@app.cell
def which_language():
    languages = mo.ui.radio(
        {"English": 0, "Русский": 1}, value="Русский" if mo.cli_args().get("lang") == "ru" else "English", inline=True
    )
    languages
    return (languages,)


@app.cell
def to_language(languages):
    language = languages.value
    return (language,)


@app.cell
def in_language(language):
    titles = {name: both[language] for name, both in TITLES.items()}
    return (titles,)


@app.cell
def opened(mart):
    _missing = f"""There is no mart at {mart}: make one with `kvota mart`, or name its file by `--mart`.

    Витрины {mart} нет: её создаёт `kvota mart`, а другой файл называют через `--mart`."""
    mo.stop(not Path(mart).exists(), mo.md(_missing))
    con = duckdb.connect(mart, read_only=True)
    return (con,)


@app.cell
def which_months(con):
    _found = con.execute("SELECT DISTINCT strftime(day, '%Y-%m') FROM counted ORDER BY ALL DESC").fetchall()
    months = mo.ui.dropdown([_month for (_month,) in _found], value=_found[0][0] if _found else None)
    months
    return (months,)


@app.cell
def to_month(months):
    month = months.value
    return (month,)


@app.cell
def answered(con, month):
    _answer = con.execute(QUESTION, {"month": month})
    _names = [_column[0] for _column in _answer.description]
    rows = [dict(zip(_names, _row, strict=True)) for _row in _answer.fetchall()]
    return (rows,)


@app.cell
def heading(language, month):
    mo.md(("# What each rep did in {}", "# Что сделал каждый продавец за {}")[language].format(month))
    return


@app.cell
def table(rows, titles):
    mo.ui.table([{titles[_name]: _value for _name, _value in _row.items()} for _row in rows], selection=None)
    return


@app.cell
def chart(rows, titles):
    _marks = [
        {"rep": _row["rep"], "currency": _row["currency"], "attainment": float(_row["attainment"])}
        for _row in rows
        if _row["attainment"] is not None
    ]
    picture = (
        alt.Chart(alt.Data(values=_marks))
        .mark_bar()
        .encode(
            x=alt.X("attainment:Q", title=titles["attainment"]),
            y=alt.Y("rep:N", title=titles["rep"], sort="-x"),
            color=alt.Color("currency:N", title=titles["currency"]),
            yOffset="currency:N",
        )
    )
    picture
    return (picture,)


if __name__ == "__main__":
    app.run()
