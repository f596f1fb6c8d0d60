"""The one gate: what a machine can judge about the repository, here and everywhere.

``python -m tools.check [--only NAME …] [--list]`` prints one line per check and, for
each that fails, what it found. It ends with 1 if any did.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from tools import (
    commands,
    dependencies,
    event_life,
    leaks,
    links,
    places,
    plain_domain,
    records,
    sizes,
    sql,
    vocabulary,
)
from tools.tree import Tree

ROOT: Final = Path(__file__).parents[1]
AT_ONCE_MAX: Final = 2


class Check(NamedTuple):
    """One question to the repository: no findings means it holds."""

    name: str
    findings: Callable[[Tree], Iterable[str]]


# The slow ones first, so that the quick fill the time they leave.
CHECKS: Final = (
    Check("types", commands.basedpyright),
    Check("secrets", leaks.findings),
    Check("imports", commands.import_linter),
    Check("contracts", commands.contracts),
    Check("lint", commands.ruff_check),
    Check("format", commands.ruff_format),
    Check("spelling", commands.codespell),
    Check("migrations", commands.squawk),
    Check("sql", sql.findings),
    Check("dependencies", dependencies.findings),
    Check("sizes", sizes.findings),
    Check("vocabulary", vocabulary.findings),
    Check("domain", plain_domain.findings),
    Check("links", links.findings),
    Check("event-life", event_life.findings),
    Check("records", records.findings),
    Check("places", places.findings),
)


class Answer(NamedTuple):
    """What one check found, and how long it looked."""

    findings: list[str]
    seconds: float


def ask(check: Check, tree: Tree) -> Answer:
    began = time.perf_counter()
    try:
        found = list(check.findings(tree))
    except Exception as fault:  # noqa: BLE001 - a check that breaks has not passed
        found = [f"the check itself broke: {type(fault).__name__}: {fault}"]
    return Answer(found, time.perf_counter() - began)


def run(checks: Iterable[Check], tree: Tree) -> bool:
    """Ask all, tell each answer in order; true where everything holds."""
    content = True
    with ThreadPoolExecutor(max_workers=AT_ONCE_MAX) as pool:
        asked: list[tuple[Check, Future[Answer]]] = [
            (check, pool.submit(ask, check, tree)) for check in checks
        ]
        for check, future in asked:
            answer = future.result()
            verdict = "ok" if not answer.findings else f"{len(answer.findings)} found"
            print(f"{check.name:<14}{verdict:<12}{answer.seconds:6.1f} s", flush=True)
            for finding in answer.findings:
                print(f"    {finding}")
            content = content and not answer.findings
    return content


def main(arguments: list[str] | None = None) -> int:
    names = [check.name for check in CHECKS]
    parser = argparse.ArgumentParser(prog="python -m tools.check", description=__doc__)
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help="ask these")
    parser.add_argument("--list", action="store_true", help="name the checks and stop")
    given = parser.parse_args(arguments)
    if given.list:
        print("\n".join(names))
        return 0
    chosen = [check for check in CHECKS if not given.only or check.name in given.only]
    return 0 if run(chosen, Tree(ROOT)) else 1


if __name__ == "__main__":
    sys.exit(main())
