"""What was measured, as a table people can read and a file that can be compared later."""

from __future__ import annotations

import json
import os
import platform
import timeit
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "results"
_PEER_OF_REFERENCE: Final = "peer: confluent-kafka"


@dataclass(frozen=True, slots=True)
class Result:
    """Events through one path: how many, in how many seconds, at what CPU cost in this process."""

    name: str
    events: int
    seconds: float
    cpu_us_per_event: float

    @property
    def events_per_second(self) -> float:
        """The throughput."""
        return self.events / self.seconds

    @property
    def us_per_event(self) -> float:
        """Microseconds of wall time for each event, everything on the machine included."""
        return self.seconds / self.events * 1e6


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure against its budget."""

    name: str
    value: float
    unit: str
    budget: float
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the budget is kept."""
        return self.value >= self.budget if self.at_least else self.value <= self.budget


def throughput_table(results: Sequence[Result]) -> list[str]:
    """One line for each path, with its ratio to the fastest peer; no lines where none was run."""
    if not results:
        return []
    reference = next((r for r in results if r.name.startswith(_PEER_OF_REFERENCE)), None)
    lines = [
        "| Path | Events | Events/s | µs/event | own CPU µs/event | against confluent-kafka + COPY |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for result in results:
        ratio = result.events_per_second / reference.events_per_second if reference else 0.0
        lines.append(
            f"| {result.name} | {result.events:,} | {result.events_per_second:,.0f} |"
            f" {result.us_per_event:.1f} | {result.cpu_us_per_event:.1f} | {ratio:.2f} |"
        )
    return lines


def budget_table(readings: Iterable[Reading]) -> list[str]:
    """One line for each figure, with its budget and whether it is kept."""
    lines = ["| Figure | Measured | Budget | |", "|---|---:|---:|---|"]
    for reading in readings:
        sign = "≥" if reading.at_least else "≤"
        kept = "kept" if reading.holds else "**missed**"
        lines.append(
            f"| {reading.name} | {reading.value:,.1f} {reading.unit} |"
            f" {sign} {reading.budget:,.0f} {reading.unit} | {kept} |"
        )
    return lines


def keep(
    tables: Sequence[Sequence[str]],
    results: Sequence[Result],
    readings: Sequence[Reading],
    spent: Mapping[str, float],
    folder: Path = FOLDER,
) -> Path:
    """Write the run's tables and figures; the newest tables are ``latest.md``."""
    folder.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    about = (
        f"{now:%Y-%m-%d %H:%M} UTC · {os.cpu_count()} cores · Python {platform.python_version()}"
        f" · a million additions in {_additions_milliseconds():.0f} ms"
    )
    page = ["# The newest run", "", about, ""]
    for table in tables:
        page += [*table, ""]
    (folder / "latest.md").write_text("\n".join(page), encoding="utf-8")
    target = folder / f"{now:%Y-%m-%dT%H%M}.json"
    kept = {
        "at": now.isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "throughput": [asdict(result) for result in results],
        "cpu_milliseconds_each_referral": dict(spent),
        "figures": [{**asdict(reading), "holds": reading.holds} for reading in readings],
    }
    target.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    return target


def _additions_milliseconds() -> float:
    """How fast this machine is at the simplest thing, so that two runs can be compared."""
    return min(timeit.repeat("for i in range(1_000_000): total += i", "total = 0", number=1)) * 1e3
