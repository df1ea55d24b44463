"""`python -m tests.bench.projector`: what `kvota bench projector` runs."""

import argparse
import asyncio
import json
import logging
import sys
from typing import Any

from services.runtime.errors import ClearError
from services.runtime.logging import configure_logging
from tests.bench.projector.bench import Plan, bench
from tests.bench.projector.contender import BenchError
from tests.bench.projector.contenders import contenders
from tests.bench.projector.workload import SIZES
from tests.bench.saying import BAD_INPUT, WRONG, refuse, say


def main() -> int:
    """Run it; 1 when a contender's totals are wrong, 2 when it cannot be run."""
    told = _arguments()
    configure_logging(logging.ERROR)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    everybody = contenders()
    names = told.peers.split(",") if told.peers else [*everybody]
    if unknown := [name for name in names if name not in everybody]:
        return refuse(f"there is no contender {', '.join(unknown)}; there are: {', '.join(everybody)}", BAD_INPUT)
    plan = Plan(
        size=SIZES[told.size],
        events=told.events,
        runs=told.runs,
        days=told.days,
        contenders=[everybody[name] for name in names],
        more=not told.cost_only,
    )
    try:
        figures = asyncio.run(bench(plan, say))
    except BenchError as error:
        return refuse(str(error), WRONG)
    except ClearError as error:
        return refuse(str(error), BAD_INPUT)
    sys.stdout.write(json.dumps(figures) + "\n" if told.json else _table(figures))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kvota bench projector")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--size", choices=sorted(SIZES), default="small")
    parser.add_argument("--peers", default="")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--days", type=int, default=5)
    parser.add_argument("--cost-only", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _table(figures: dict[str, Any]) -> str:
    lines = [f"{'':20} {'us/event':>9} {'least..most':>17} {'events/s/core':>14} {'wall/s':>9} {'MB':>6} {'x ours':>7}"]
    for each in figures["contenders"]:
        spread = f"{each['us_cpu_least']}..{each['us_cpu_most']}"
        ratio = figures["ratios"].get(each["name"], "")
        lines.append(
            f"{each['name']:20} {each['us_cpu_per_event']:>9} {spread:>17} {each['events_per_core_s']:>14}"
            f" {each['wall_events_s']:>9} {each['rss_mb']:>6} {ratio:>7}{'' if each['warm'] else ' with its start'}"
        )
    lines += [f"{name}: {why}" for name, why in figures["missing"].items()]
    lines += [f"{key}: {json.dumps(figures[key])}" for key in ("latency", "profile", "two_workers") if key in figures]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
