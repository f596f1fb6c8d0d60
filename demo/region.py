"""The synthetic region: which networks and practices the demonstration has, and how large they are.

Every code is in a range kept for this project (PCN ``U99…``, practice ``Y99…``, region
``QZZ``) and every name says that it is synthetic, so that nobody takes a figure for a real one.
Sizes follow what is published of PCNs in England: median list 44,000, between 14,000 and
264,000, one to ten practices, and about 2.2 % of the list referred in a year.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

RegionSize = Literal["small", "region"]

REGION_CODE: Final = "QZZ"
REGION_NAME: Final = "Wayford (synthetic)"
LIST_SIZE_MEDIAN: Final = 44_000
LIST_SIZE_MIN: Final = 14_000
LIST_SIZE_MAX: Final = 264_000
LIST_SIZE_SPREAD: Final = 0.35
REFERRED_SHARE_A_YEAR: Final = 0.022

_SMALL_LAYOUT: Final = (5, 5, 4)
_PCN_TOTAL: Final = 30
_PRACTICE_TOTAL: Final = 160
_PLACES: Final = (
    "Ashbeck", "Birchmere", "Coldwell", "Dunmoor", "Eastholme", "Fernhill", "Greywick",
    "Hollowdale", "Inglebrook", "Juniper Vale", "Kestrel Bank", "Larkfield", "Marshgate",
    "Netherby", "Oakhanger", "Pipers Green", "Quarrybank", "Ravensworth", "Saltbridge",
    "Thornley", "Underwood", "Vale End", "Westmarsh", "Yarrowby", "Alderthwaite", "Brackenridge",
    "Castlebeck", "Drovers Cross", "Elmstead", "Foxcombe",
)  # fmt: skip
_PRACTICE_NAMES: Final = (
    "Surgery", "Health Centre", "Medical Practice", "Group Practice", "Family Practice",
    "Park Surgery", "Bridge Surgery", "Market Street Practice", "Mill Lane Surgery",
    "Station Road Practice",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Practice:
    """A synthetic GP practice, with the number of persons on its list."""

    code: str
    pcn_code: str
    name: str
    email: str
    persons: int


@dataclass(frozen=True, slots=True)
class Network:
    """A synthetic Primary Care Network with its practices."""

    code: str
    name: str
    practices: tuple[Practice, ...]
    deprivation: float
    """0 (least deprived) to 1 (most deprived): the share of persons drawn from the lower deciles."""
    wait_factor: float
    """How long first contacts take here, against the region's usual: 0.6 to 1.4."""

    @property
    def persons(self) -> int:
        """The number of persons on the lists of all practices."""
        return sum(practice.persons for practice in self.practices)


@dataclass(frozen=True, slots=True)
class Referrer:
    """A synthetic organisation that refers and is no practice; a group has no code."""

    kind: Literal["hospital", "council", "voluntary-sector"]
    code: str | None
    name: str
    email: str


REFERRERS: Final = (
    Referrer("hospital", "RX901", "Wayford Infirmary (synthetic)", "wards@infirmary.example.org"),
    Referrer("council", "901", "Wayford Council (synthetic)", "adults@council.example.org"),
    Referrer(
        "voluntary-sector", None, "Wayford Listeners (synthetic)", "hello@listeners.example.org"
    ),
)


@cache
def networks(size: RegionSize) -> tuple[Network, ...]:
    """The region's networks, the same on every machine; the small region is the large one's start."""
    return _all_networks()[: len(_SMALL_LAYOUT)] if size == "small" else _all_networks()


@cache
def _all_networks() -> tuple[Network, ...]:
    draw = random.Random("waymark region QZZ")
    layout = [*_SMALL_LAYOUT, *_remaining_layout(draw)]
    built: list[Network] = []
    practice_number = 0
    for index, practice_count in enumerate(layout):
        place = _PLACES[index]
        code = f"U99{index + 1:03d}"
        shares = [draw.uniform(0.6, 1.6) for _ in range(practice_count)]
        persons = _list_size(draw)
        practices: list[Practice] = []
        for position, share in enumerate(shares):
            practice_number += 1
            practice_code = f"Y99{practice_number:03d}"
            practices.append(
                Practice(
                    code=practice_code,
                    pcn_code=code,
                    name=f"{place} {_PRACTICE_NAMES[position]} (synthetic)",
                    email=f"{practice_code.lower()}@practice.example.org",
                    persons=round(persons * share / sum(shares)),
                )
            )
        built.append(
            Network(
                code=code,
                name=f"{place} PCN (synthetic)",
                practices=tuple(practices),
                deprivation=round(draw.betavariate(2, 2), 2),
                wait_factor=round(draw.uniform(0.6, 1.4), 2),
            )
        )
    return tuple(built)


def _remaining_layout(draw: random.Random) -> list[int]:
    """How many practices each further network has: 1 to 10, adding up to the region's total."""
    remaining = _PCN_TOTAL - len(_SMALL_LAYOUT)
    counts = [5] * remaining
    to_place = _PRACTICE_TOTAL - sum(_SMALL_LAYOUT) - sum(counts)
    while to_place != 0:
        index = draw.randrange(remaining)
        step = 1 if to_place > 0 else -1
        if 1 <= counts[index] + step <= len(_PRACTICE_NAMES):
            counts[index] += step
            to_place -= step
    for _ in range(remaining * 2):
        giver, taker = draw.randrange(remaining), draw.randrange(remaining)
        if counts[giver] > 1 and counts[taker] < len(_PRACTICE_NAMES):
            counts[giver] -= 1
            counts[taker] += 1
    return counts


def _list_size(draw: random.Random) -> int:
    size = draw.lognormvariate(math.log(LIST_SIZE_MEDIAN), LIST_SIZE_SPREAD)
    return int(min(max(size, LIST_SIZE_MIN), LIST_SIZE_MAX))
