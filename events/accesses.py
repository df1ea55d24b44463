"""Who looked into the records in words of their own: no query of an auditor runs before the log knows of it."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from events.event import Count, Event, EventId, Name, Part

SQL_CHARACTERS = 20_000
"""The longest query."""

Sql = Annotated[str, StringConstraints(min_length=1, max_length=SQL_CHARACTERS)]
Outcome = Literal["answered", "refused", "too_many_rows", "too_large", "out_of_memory", "out_of_time", "died"]


class QueryAsked(Event):
    """Somebody is about to have history answer a query in SQL. One that never ended ran while the service died."""

    type: Literal["query.asked"] = "query.asked"
    version: Literal[1] = 1
    query: Name
    """The id of this query."""
    asked_by: Name
    """The name by which the log knows who asks."""
    role: Name
    """In which role they ask."""
    mart: Name
    """The name of the mart that is asked, such as mart-7."""
    sql: Sql
    """The text of the query, kept for ever; it must not name a person."""


class Extent(Part):
    """How much of a partition of the log is in a mart."""

    topic: Name
    partition: Count
    before: Count
    """The offset of the first record that is not in it."""


class QueryEnded(Event):
    """A query has ended; whoever asked is told after this is on the log."""

    type: Literal["query.ended"] = "query.ended"
    version: Literal[1] = 1
    query: Name
    asked: EventId
    """The event that said what was asked."""
    outcome: Outcome
    """What came of it; all but `answered` gave no rows, though a refusal may quote a value."""
    rows: Count
    """How many rows were given."""
    size_bytes: Count
    """How long the rows are, as JSON."""
    took_ms: Count
    """How long it took, in milliseconds."""
    as_of: tuple[Extent, ...] = ()
    """The records that the answer is made of; empty where there is none."""


AccessEvent = QueryAsked | QueryEnded
