"""Room to write: a database that cannot write is worse than none."""

import os
import shutil
from typing import Final

from runner.places import Places
from runner.refusals import Unusable

FREE_GIGABYTES_MIN: Final = 1.0
GIGABYTE: Final = 1_000_000_000


def check_disk(places: Places) -> None:
    """Refuse to start on a disk that is nearly full."""
    wanted = float(os.environ.get("WAYMARK_DISK_FREE_GB_MIN") or FREE_GIGABYTES_MIN)
    for directory in {places.state, places.cache}:
        existing = next(step for step in (directory, *directory.parents) if step.exists())
        free = shutil.disk_usage(existing).free / GIGABYTE
        if free < wanted:
            raise Unusable(
                f"{free:.1f} GB are free at {existing}, {wanted:g} GB are needed",
                "free some space, or put state and cache elsewhere with WAYMARK_STATE and WAYMARK_CACHE",
            )
