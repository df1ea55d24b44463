"""The columns of a record: which there are, in which order, and cutting a line into them. Pure."""

from collections.abc import Mapping, Sequence

from services.feeds.facts import UnreadableItemError
from services.runtime.errors import ClearError

ORDER = (
    *("historyid", "callid", "duration", "time-start", "time-answered", "time-end", "reason-terminated", "from-no"),
    *("to-no", "from-dn", "to-dn", "dial-no", "reason-changed", "final-number", "final-dn", "bill-code", "bill-rate"),
    *("bill-cost", "bill-name", "chain", "from-type", "to-type", "final-type", "from-dispname", "to-dispname"),
    *("final-dispname", "missed-queue-calls"),
)
"""All of them, in the order of 3CX's own documentation."""
NEEDED = frozenset(
    {"historyid", "callid", "time-start", "time-answered", "time-end", "reason-terminated", "reason-changed"}
    | {f"{who}-{what}" for who in ("from", "to", "final") for what in ("dn", "type")}
)
"""Without these nobody knows what became of a call."""
READ = NEEDED | {"duration", "chain", "from-no", "to-no", "dial-no"}
"""What is read of a row; of all else nothing depends."""
_NAMES = frozenset({"from-dispname", "to-dispname", "final-dispname"})
"""What people are called: the only columns that may well have a comma in them, and none of them is read."""
_PREFIX = "Call "
_CHAIN = "Chain:"


def read_fields(written: str) -> tuple[str, ...]:
    """Read an order as a person writes it; raises ClearError where something that is needed is missing or doubled."""
    order = tuple(name.strip().lower().replace("_", "-") for name in written.split(","))
    missing = sorted(name for name in NEEDED if order.count(name) != 1)
    if missing:
        message = f"--fields has to have each of these once: {', '.join(missing)}"
        raise ClearError(message)
    return order


def cut(line: bytes, order: Sequence[str]) -> Mapping[str, str]:
    """Cut a line into the columns that are read; raises UnreadableItemError for one that cannot be of this order.

    Nothing is quoted in it. So a name with a comma makes more columns than there should be: what stands before the
    names is then counted from the beginning, and what stands behind them from the end.
    """
    columns = line.decode(errors="replace").strip("\r").removeprefix(_PREFIX).split(",")
    named = [place for place, name in enumerate(order) if name in _NAMES]
    if len(columns) == len(order):
        found = dict(zip(order, columns, strict=True))
    elif len(columns) > len(order) and named and not READ.intersection(order[named[0] : named[-1]]):
        behind = len(order) - named[-1] - 1
        found = dict(zip(order[: named[0]], columns, strict=False))
        found |= zip(order[len(order) - behind :], columns[len(columns) - behind :], strict=True)
    else:
        message = f"the row has {len(columns)} columns, and {len(order)} are in the order of fields"
        raise UnreadableItemError(message)
    told = {name: found[name].strip() for name in READ if name in found}
    if told.get("chain") and not told["chain"].startswith(_CHAIN):
        message = "chain is none: the columns are in another order than that of the fields"
        raise UnreadableItemError(message)
    return told
