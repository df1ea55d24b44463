"""What the business allows, said again in few lines: an arena's state, and what may be answered in it. Pure.

Each step gives what the answer has to be, and the state after it. `checker/main.go` says the same in Go.
"""

from collections.abc import Callable, Mapping

from tests.desk.linearizability.history import Kind, Value

State = tuple[str, ...]
Step = Callable[[State, Mapping[str, Value]], tuple[Value, State]]


def units(state: State, asked: Mapping[str, Value]) -> tuple[Value, State]:
    """Units, of which none is part of itself: the state holds `unit<parent` for each that has one."""
    parents = dict(edge.split("<") for edge in state)
    if asked["do"] == "read":
        return {name: parents.get(name) for name in ("A", "B", "C")}, state
    unit, under = str(asked["unit"]), asked["under"]
    at = under
    while at is not None:
        if at == unit:
            return "unit-in-circle", state
        at = parents.get(str(at))
    moved = {**parents, unit: str(under)} if under is not None else {k: v for k, v in parents.items() if k != unit}
    return "done", tuple(sorted(f"{name}<{parent}" for name, parent in moved.items()))


def plans(state: State, asked: Mapping[str, Value]) -> tuple[Value, State]:
    """Headcount plans of one post in one unit, none of which overlap: the state holds `start/end` of each."""
    if asked["do"] == "read":
        return list(state), state
    start, end = str(asked["start"]), str(asked["end"])
    if any(known.split("/")[0] < end and start < known.split("/")[1] for known in state):
        return "headcount-plans-overlap", state
    return "done", tuple(sorted({*state, f"{start}/{end}"}))


def sales(state: State, asked: Mapping[str, Value]) -> tuple[Value, State]:
    """Deals with one customer: the first that is won is a sale to a new one, all later ones are not."""
    if asked["do"] == "read":
        return list(state), state
    deal = str(asked["deal"])
    if deal in state:
        return "deal-not-open", state
    return "existing" if state else "new", tuple(sorted({*state, deal}))


def leads(state: State, asked: Mapping[str, Value]) -> tuple[Value, State]:
    """Leads of a pool whose one member can take one of them: the state holds the one that was given."""
    if asked["do"] == "read":
        return list(state), state
    lead = str(asked["lead"])
    if lead in state:
        return "lead-not-waiting", state
    return ("nobody-can-take-lead", state) if state else ("done", (lead,))


MODELS: Mapping[Kind, Step] = {"units": units, "plans": plans, "sales": sales, "leads": leads}
