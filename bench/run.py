"""``./waymark bench``: measure, print the tables, keep them.

Figures of one run are compared with one another; another machine, or the same one on another day,
gives others. Nothing here passes or fails a test.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Final

import uvloop

from bench import casework, importing, live, pipeline, scaling, searching
from bench.results import Reading, Result, budget_table, keep, throughput_table
from bench.scaling import Scaled, scaling_table
from bench.shares import shares_table
from chassis.process import spare_the_collector

PARTS: Final = ("pipeline", "live", "searching", "importing", "scaling")
EVENTS_DEFAULT: Final = 200_000
SECONDS_DEFAULT: Final = 20.0
RELAY_PER_SECOND_MIN: Final = 15_000
CONSUMER_PER_SECOND_MIN: Final = 20_000
SEED_SMALL_SECONDS_MAX: Final = 20.0
SEED_REGION_SECONDS_MAX: Final = 600.0


def main() -> None:
    """Measure what was asked for."""
    given = _arguments()
    results: list[Result] = []
    readings: list[Reading] = []
    spent: dict[str, float] = {}
    if "pipeline" in given.only:
        spare_the_collector()  # as every service does
        servers = pipeline.Servers(os.environ["WAYMARK_KAFKA"], os.environ["WAYMARK_DATABASE_URL"])
        results = uvloop.run(pipeline.measure(servers, given.events))
        readings += _against_budget(results)
    if "live" in given.only:
        with live.running() as platform:
            readings.append(
                Reading("the small seed", platform.seed_seconds, "s", SEED_SMALL_SECONDS_MAX)
            )
            measured, spent = asyncio.run(live.measure(platform, seconds=given.seconds))
            readings += measured
            readings += asyncio.run(casework.measure(platform))
    if "searching" in given.only:
        with live.running() as platform:
            readings += asyncio.run(searching.measure(platform, seconds=given.seconds))
    if "importing" in given.only:
        with live.running() as platform:
            readings += asyncio.run(importing.measure(platform))
    scaled: list[Scaled] = []
    if "scaling" in given.only:
        with live.running(size="region") as platform:
            readings.append(
                Reading("the region is seeded", platform.seed_seconds, "s", SEED_REGION_SECONDS_MAX)
            )
            scaled = asyncio.run(scaling.measure(platform))
    tables = [
        throughput_table(results),
        budget_table(readings),
        shares_table(spent),
        scaling_table(scaled),
    ]
    kept = keep([table for table in tables if table], results, readings, spent)
    lines = [line for table in tables if table for line in [*table, ""]]
    sys.stdout.writelines(f"{line}\n" for line in [*lines, f"kept in {kept.name}"])


def _against_budget(results: list[Result]) -> list[Reading]:
    budgets = {"relay": RELAY_PER_SECOND_MIN, "consumer": CONSUMER_PER_SECOND_MIN}
    return [
        Reading(result.name, result.events_per_second, "/s", budget, at_least=True)
        for result in results
        for start, budget in budgets.items()
        if result.name.startswith(start)
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./waymark bench", description=__doc__)
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="one part of it, or several; else all"
    )
    parser.add_argument("--events", type=int, default=EVENTS_DEFAULT, help="through the pipeline")
    parser.add_argument("--seconds", type=float, default=SECONDS_DEFAULT, help="at each pace")
    given = parser.parse_args()
    given.only = given.only or list(PARTS)
    return given


if __name__ == "__main__":
    main()
