"""What a verb says: lines for people, one JSON object for programs, a refusal with its remedy.

Exit codes: 0 done · 1 refused or failed · 2 wrong use · 3 the machine lacks something · 4 somebody
else is at it · 5 not running · 6 not allowed. With ``--json`` stdout holds exactly one object;
progress and refusals for people go to stderr.
"""

import functools
import json
import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, ParamSpec

import typer

from runner.refusals import Refusal

EXIT_INTERRUPTED: Final = 130
DISK_FULL: Final = 28  # errno.ENOSPC

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of lines.")]

P = ParamSpec("P")


def say(line: str) -> None:
    """A line about what is going on; never part of the result."""
    print(f"  {line}", file=sys.stderr, flush=True)  # noqa: T201 - this is the way out


def show(result: Mapping[str, Any], *, as_json: bool, lines: list[str] | None = None) -> None:
    """The result of a verb."""
    if as_json:
        print(json.dumps(result, indent=2, default=str))  # noqa: T201
        return
    for line in lines or []:
        print(line)  # noqa: T201


def verb(function: Callable[P, None]) -> Callable[P, None]:
    """Turn a refusal into its line, its remedy and its exit code."""

    @functools.wraps(function)
    def run(*arguments: P.args, **options: P.kwargs) -> None:
        try:
            function(*arguments, **options)
        except Refusal as refusal:
            _refuse(refusal, as_json=bool(options.get("as_json")))
        except KeyboardInterrupt:
            print("\nwaymark: interrupted", file=sys.stderr)  # noqa: T201
            raise typer.Exit(EXIT_INTERRUPTED) from None
        except OSError as fault:
            if fault.errno != DISK_FULL:
                raise
            remedy = "free some space, then run the same command again"
            _refuse(Refusal(f"the disk is full ({fault.filename})", remedy), as_json=False)

    return run


def _refuse(refusal: Refusal, *, as_json: bool) -> None:
    if as_json:
        error = {"fact": refusal.fact, "remedy": refusal.remedy}
        print(json.dumps({"error": error}, indent=2))  # noqa: T201
    else:
        print(f"waymark: {refusal.fact}\n  remedy: {refusal.remedy}", file=sys.stderr)  # noqa: T201
    raise typer.Exit(refusal.exit_code) from None
