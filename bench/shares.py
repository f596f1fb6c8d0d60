"""Where the processor's time goes: seconds used by each process of a platform, its children too.

It says what bounds a figure that misses its budget.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM, _PARENT = 11, 12, 1  # fields of /proc/PID/stat after the command's name


def cpu_seconds(services: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Processor seconds each service has used so far; with its own as ``load generator``."""
    used: dict[int, float] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(entry.parent.name)
        used[pid] = (int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS
        children[int(fields[_PARENT])].append(pid)

    def with_children(pid: int) -> float:
        return used.get(pid, 0.0) + sum(with_children(child) for child in children[pid])

    found = {str(entry["service"]): with_children(int(entry["pid"])) for entry in services}
    found["load generator"] = used.get(os.getpid(), 0.0)
    return found


def shares(before: Mapping[str, float], after: Mapping[str, float], count: int) -> dict[str, float]:
    """Milliseconds of processor for each of ``count`` things, the greatest first."""
    spent = {name: (after[name] - before.get(name, 0.0)) / count * 1e3 for name in after}
    return dict(sorted(spent.items(), key=lambda item: -item[1]))


def shares_table(found: Mapping[str, float]) -> list[str]:
    """One line for each process; no lines where none was watched."""
    if not found:
        return []
    lines = ["| Process | CPU ms for each referral accepted |", "|---|---:|"]
    lines += [f"| {name} | {spent:.2f} |" for name, spent in found.items()]
    lines.append(f"| together | {sum(found.values()):.2f} |")
    return lines
