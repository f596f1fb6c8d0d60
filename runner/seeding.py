"""Filling a demonstration through its own public doors, with progress a person can follow."""

import asyncio
import importlib
import sys
import time
from types import ModuleType
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from demo.access import AccessRefused
from runner.platform import Platform
from runner.refusals import Refusal
from runner.state import State
from runner.tokens import demo_access

SIZES: Final = ("small", "region")
PLAIN_EVERY_SECONDS: Final = 10.0


def seed(platform: Platform, state: State, size: str) -> str:
    """Load the synthetic region and remember what was loaded, in words."""
    if size not in SIZES:
        raise Refusal(f"there is no size {size}", f"choose one of: {', '.join(SIZES)}")
    access = demo_access(state, platform.vault)
    module = _module("demo.seed")
    with Telling(f"loading a synthetic region ({size})") as telling:
        try:
            loaded = asyncio.run(module.seed(access, size=size, report=telling.report))
        except AccessRefused as refused:
            raise Refusal(
                f"seeding stopped: {refused}", "./waymark seed goes on from there"
            ) from None
    state = platform.store.read()
    state.seeded = str(loaded)
    platform.store.write(state)
    return state.seeded


def _module(name: str) -> ModuleType:
    return importlib.import_module(name)


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

    def __enter__(self) -> "Telling":
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
