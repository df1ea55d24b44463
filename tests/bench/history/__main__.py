"""`python -m tests.bench.history`: what `kvota bench history` runs."""

import argparse
import json
import sys
from typing import Any

from services.runtime.errors import ClearError
from tests.bench.history.bench import Plan, bench
from tests.bench.history.contenders import CONTENDERS
from tests.bench.history.questions import QUESTIONS
from tests.bench.projector.contender import BenchError
from tests.bench.projector.workload import SIZES
from tests.bench.saying import BAD_INPUT, WRONG, refuse, say


def main() -> int:
    """Run it; 1 when somebody's answer is wrong, 2 when it cannot be run."""
    told = _arguments()
    names = told.peers.split(",") if told.peers else [*CONTENDERS]
    if unknown := [name for name in names if name not in CONTENDERS]:
        return refuse(f"there is no contender {', '.join(unknown)}; there are: {', '.join(CONTENDERS)}", BAD_INPUT)
    contenders = [CONTENDERS[name] for name in names]
    plan = Plan(size=SIZES[told.size], events=told.events, runs=told.runs, days=told.days, contenders=contenders)
    try:
        figures = bench(plan, say)
    except BenchError as error:
        return refuse(str(error), WRONG)
    except ClearError as error:
        return refuse(str(error), BAD_INPUT)
    sys.stdout.write(json.dumps(figures) + "\n" if told.json else table(figures))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kvota bench history")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--peers", default="")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def table(figures: dict[str, Any]) -> str:
    """The figures for people: milliseconds a question, who is asked beside each other."""
    everybody = figures["contenders"]
    lines = [f"{'':28}" + "".join(f"{each['name']:>10}" for each in everybody) + f"{'best/ours':>11}"]
    for path, questions in QUESTIONS.items():
        for question in questions:
            ratio = figures.get("ratios", {}).get(path, {}).get(question, {}).get("ratio", "")
            times = "".join(f"{each['queries'][path][question]:>10.2f}" for each in everybody)
            lines.append(f"{f'{path} {question}, ms':28}{times}{ratio:>11}")
    of_loading = ("load_wall_s", "load_cpu_s", "load_events_per_cpu_s", "rss_mb")
    lines += [f"{name:28}" + "".join(f"{each[name]:>10}" for each in everybody) for name in of_loading]
    lines += [f"ingest: {each['ingest_rows_per_cpu_s']} events/s/core" for each in everybody if each["name"] == "kvota"]
    alone = (
        "median_ratio_rollup",
        "median_ratio_scan",
        "replay_events_per_core_s",
        "replay_to_python_events_per_core_s",
        "replay",
        "as_of_ms",
        "growing_ms",
    )
    lines += [f"{name}: {json.dumps(figures[name])}" for name in alone if name in figures]
    lines += [f"{name}: {why}" for name, why in figures["missing"].items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
