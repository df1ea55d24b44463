"""Is a history linearizable? Wing and Gong's search, with Lowe's memory of what was tried. Pure.

Each operation must seem to happen at one moment between asking and answering. An operation that was never answered may
happen at any moment after it was asked for, also after everything else, which is as good as never.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tests.desk.linearizability.history import Operation
from tests.desk.linearizability.models import MODELS, State

_NEVER = 2**63 - 1


def broken(history: Iterable[Operation]) -> list[str]:
    """The arenas whose operations cannot be put in an order that explains all answers."""
    arenas = defaultdict[str, list[Operation]](list)
    for operation in history:
        arenas[operation.arena].append(operation)
    return sorted(arena for arena, operations in arenas.items() if not linearizable(operations))


def linearizable(operations: Sequence[Operation]) -> bool:
    """Whether there is such an order for the operations of one arena."""
    step = MODELS[operations[0].kind]
    backs = [_NEVER if each.back is None else each.back for each in operations]
    everything = frozenset(range(len(operations)))
    tried = set[tuple[frozenset[int], State]]()
    ahead: list[tuple[frozenset[int], State]] = [(frozenset(), ())]
    while ahead:
        done, state = ahead.pop()
        left = everything - done
        if all(operations[each].back is None for each in left):
            return True
        if (done, state) in tried:
            continue
        tried.add((done, state))
        first_back = min(backs[each] for each in left)
        for each in left:
            operation = operations[each]
            if operation.call > first_back:
                continue
            answer, after = step(state, operation.asked)
            if operation.back is None or answer == operation.answer:
                ahead.append((done | {each}, after))
    return False
