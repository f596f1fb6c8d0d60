"""What the synthetic region lacks, on purpose: the gaps that a view of unmet need has to find.

Promise    Each gap is stated here and nowhere else. The generator of listings keeps to it, and a
           test looks for each of them in what was generated, without the generator's help. In the
           three networks of the small region no need of the catalogue is without a listing but
           those that a gap names.
Not here   Gaps nobody planned: in the other towns about one need in six has no group of its own,
           as in towns that exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

GapKind = Literal["nothing", "too-far", "full", "cost", "language", "access", "daytime-only"]
"""What is wrong; all but the last are reasons for which somebody could not be placed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One gap: for whom, where, and what stands in the way."""

    name: str
    kind: GapKind
    pcn_code: str
    says: str
    """In a sentence, as the page about the region has it."""
    need_terms: tuple[str, ...] = ()
    """Of which needs; empty for all of them."""
    neighbourhood_codes: tuple[str, ...] = ()
    """Where within the network; empty for all of it."""
    amount_min: float = 0.0
    """Of ``cost``: what a session costs at least, in pounds."""
    km_min: float = 0.0
    """Of ``too-far``: how far away the nearest is at least, from every neighbourhood."""
    weeks_min: int = 0
    """Of ``full``: how long one waits at least, where a list is open at all."""
    language: str = ""
    """Of ``language``: the one nobody speaks, as ISO 639 has it."""
    spoken_more: float = 0.0
    """Of ``language``: what share of people there speak it beside those who would anywhere."""
    felt: tuple[str, float] | None = None
    """The broad need that workers cannot find a place for there, and how often the gap is why."""
    leaning: tuple[str, float] | None = None
    """The broad need that people there are referred for more often, and how often it displaces
    the first of their others."""


GAPS: Final[tuple[Gap, ...]] = (
    Gap(
        name="no-debt-advice",
        kind="nothing",
        pcn_code="U99001",
        need_terms=("debt",),
        neighbourhood_codes=("Z99001009", "Z99001000"),
        leaning=("money", 0.5),
        felt=("money", 0.9),
        says="Nobody gives debt advice to people of Bromden Green and Upper Scaldwick, the two most "
        "deprived neighbourhoods of Ashbeck, whose people are referred for money most of all.",
    ),
    Gap(
        name="nothing-for-young-carers",
        kind="nothing",
        pcn_code="U99002",
        need_terms=("young-carers",),
        says="There is nothing for young carers in Birchmere.",
    ),
    Gap(
        name="only-daytime",
        kind="daytime-only",
        pcn_code="U99003",
        says="In Coldwell nothing is held after five o'clock or at a weekend.",
    ),
    Gap(
        name="counselling-full",
        kind="full",
        pcn_code="U99002",
        need_terms=("talking-support",),
        weeks_min=26,
        felt=("mental-wellbeing", 0.3),
        says="All counselling and listening in Birchmere is full: one waits half a year, or the "
        "list is closed.",
    ),
    Gap(
        name="exercise-costs",
        kind="cost",
        pcn_code="U99001",
        need_terms=("exercise",),
        amount_min=6.0,
        felt=("long-term-condition", 0.3),
        says="Exercise costs six pounds a session or more in Ashbeck.",
    ),
    Gap(
        name="no-polish",
        kind="language",
        pcn_code="U99002",
        language="pl",
        spoken_more=0.15,
        felt=("isolation", 0.9),
        says="Nobody in Birchmere speaks Polish with those who come, though one person in six there does.",
    ),
    Gap(
        name="grief-upstairs",
        kind="access",
        pcn_code="U99003",
        need_terms=("bereavement-cafe", "sudden-loss", "loss-of-a-child"),
        felt=("bereavement", 0.6),
        says="Whoever grieves in Coldwell has to climb stairs: no group for them is step-free.",
    ),
    Gap(
        name="dementia-too-far",
        kind="too-far",
        pcn_code="U99003",
        need_terms=("dementia",),
        km_min=9.0,
        felt=("long-term-condition", 0.2),
        says="From Coldwell the nearest group for people with dementia is nine kilometres away or "
        "more.",
    ),
)

GAP_TERMS: Final = frozenset(term for gap in GAPS for term in gap.need_terms)
"""The needs of which some gap speaks: nothing that serves the whole region answers them."""


def gaps_of(pcn_code: str, *kinds: GapKind, term: str | None = None) -> Iterator[Gap]:
    """The gaps of these kinds in a network that speak of this need."""
    for gap in GAPS:
        concerns = term is None or not gap.need_terms or term in gap.need_terms
        if gap.pcn_code == pcn_code and gap.kind in kinds and concerns:
            yield gap


def felt_gap(
    pcn_code: str, neighbourhood_code: str, language: str, need: str, chance: float
) -> Gap | None:
    """The gap for which no place is found for this need of somebody who lives and speaks so."""
    for gap in GAPS:
        there = not gap.neighbourhood_codes or neighbourhood_code in gap.neighbourhood_codes
        spoken = not gap.language or gap.language == language
        if gap.felt is None or gap.pcn_code != pcn_code or not there or not spoken:
            continue
        if gap.felt[0] == need and chance < gap.felt[1]:
            return gap
    return None


def spoken_more(pcn_code: str) -> tuple[str, float] | None:
    """The language that more people of this network speak than of others, and how many more."""
    for gap in gaps_of(pcn_code, "language"):
        return gap.language, gap.spoken_more
    return None


def leaning_at(neighbourhood_code: str) -> tuple[str, float] | None:
    """What people of this neighbourhood are referred for more often than others."""
    for gap in GAPS:
        if neighbourhood_code in gap.neighbourhood_codes:
            return gap.leaning
    return None
