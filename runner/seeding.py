"""Filling a demonstration through its own public doors, with progress a person can follow."""

import sys
import time
from typing import Final, Literal, Self

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from demo.access import AccessRefused
from runner.platform import Platform
from runner.refusals import Refusal
from runner.state import State
from runner.tokens import demo_access

PLAIN_EVERY_SECONDS: Final = 10.0


def seed(platform: Platform, state: State, size: str) -> str:
    """Load the synthetic region; what was loaded, in words."""
    import uvloop

    from demo.batches import SeedRefused
    from demo.seed import seed as load

    access = demo_access(state, platform.vault)
    with Telling(f"loading a synthetic region ({size})") as telling:
        try:
            loaded = uvloop.run(load(access, size=_size(size), report=telling.report))
        except (AccessRefused, SeedRefused) as refused:
            remedy = "./waymark status shows whether all is well; ./waymark seed goes on from there"
            raise Refusal(f"seeding stopped: {refused}", remedy) from None
        except httpx.HTTPError as fault:
            remedy = "./waymark status shows which; ./waymark seed goes on from there"
            raise Refusal(f"a service did not answer ({type(fault).__name__})", remedy) from None
    return f"1 region · {loaded}"


def _size(size: str) -> Literal["small", "region"]:
    if size not in ("small", "region"):
        raise Refusal(f"there is no size {size}", "choose small or region")
    return "small" if size == "small" else "region"


class Telling:
    """Counts and time left: a bar on a terminal, a line now and then elsewhere."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._console = Console(file=sys.stderr)
        self._progress = Progress(
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task(title, total=None)
        self._began = self._told = time.monotonic()

    def __enter__(self) -> Self:
        if not self._console.is_terminal:
            print(f"  {self._title}", file=sys.stderr, flush=True)  # noqa: T201
        self._progress.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._progress.stop()

    def report(self, what: str, done: int, total: int) -> None:
        """So much of so much is done."""
        self._progress.update(self._task, description=what, completed=done, total=total)
        now = time.monotonic()
        if self._console.is_terminal or now - self._told < PLAIN_EVERY_SECONDS or not done:
            return
        self._told = now
        left = (now - self._began) / done * (total - done)
        print(  # noqa: T201
            f"  {what}: {done:,} of {total:,}, about {left:.0f} s left", file=sys.stderr, flush=True
        )
