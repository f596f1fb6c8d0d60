"""Synthetic stories: what happened to each referral of the demonstration, day by day.

A story is drawn before anything is posted, so the seed is the same on every machine and the
figures it should produce can be computed from it. Shares and waits follow published figures
where there are any (12 % declined, one in ten never reached, 1.37 referrals a person, six to
twelve contacts by guidance); the others are assumptions and are named here as constants.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeVar

from demo.people import SyntheticPerson, nhs_number, synthetic_person
from demo.region import Network, Practice, RegionSize, networks

_Value = TypeVar("_Value")

SMALL_REFERRALS: Final = 1_000
SMALL_YEARS: Final = 2
REGION_REFERRALS: Final = 29_000
REGION_YEARS: Final = 1

REFERRED_AGAIN_SHARE: Final = 0.27  # 1.37 referrals a person: 0.37 / 1.37 are a repeat
DECLINED_SHARE: Final = 0.12
UNREACHABLE_SHARE: Final = 0.10
WITHDRAWN_SHARE: Final = 0.08
FIRST_CONTACT_MEDIAN_DAYS: Final = 12
FIRST_CONTACT_SPREAD: Final = math.log(40 / 12) / 1.2816  # so that the 90th centile is 40 days
CONTACT_GAP_MEDIAN_DAYS: Final = 14
CONTACTS_MAX: Final = 20
GOALS_SHARE: Final = 0.7
EXAMPLE_REFERENCE_PREFIX: Final = "example-"
"""The last referral of each network has this and the network's code for its reference: whoever
tries the examples of the interface finds it waiting, with a goal and nobody's yet."""
MESSAGES_CONSENTED_SHARE: Final = 0.6
_ROUTES: Final = (
    ("general-practice", 74),
    ("self", 8),
    ("voluntary-sector", 5),
    ("council", 3),
    ("hospital", 5),
    ("care-navigator", 5),
)
_NEEDS: Final = (
    ("mental-wellbeing", 32), ("isolation", 18), ("money", 12), ("long-term-condition", 12),
    ("housing", 8), ("practical-help", 6), ("caring", 4), ("bereavement", 3), ("work", 3),
    ("other", 2),
)  # fmt: skip
_MODES: Final = (
    ("phone", 52),
    ("practice", 18),
    ("home-visit", 12),
    ("video", 8),
    ("community", 7),
    ("accompanied", 3),
)
_ROLES: Final = (("link-worker", 73), ("health-coach", 16), ("care-coordinator", 11))
_GOAL_ENDINGS: Final = (("met", 52), ("changed", 18), ("dropped", 12), (None, 18))


@dataclass(frozen=True, slots=True)
class ContactStep:
    """One conversation with the person."""

    at: datetime
    mode: str
    minutes: int


@dataclass(frozen=True, slots=True)
class GoalStep:
    """One goal: when it was set, and each later status with its time."""

    at: datetime
    need: str
    target: date
    updates: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One referral from the day it was made to where it stands today."""

    reference: str
    practice: Practice
    person: SyntheticPerson
    referred_at: datetime
    route: str
    needs: tuple[str, ...]
    messages_consented: bool
    role: str
    contacts: tuple[ContactStep, ...]
    goals: tuple[GoalStep, ...]
    ending: tuple[datetime, str] | None
    """When and how the referral ended (``declined``, ``unreachable``, ``withdrawn``, ``completed``)."""


def story_count(size: RegionSize) -> int:
    """How many referrals the region of this size is seeded with."""
    return SMALL_REFERRALS if size == "small" else REGION_REFERRALS


def stories(size: RegionSize, today: date) -> Iterator[Story]:
    """The stories in the order in which the referrals were made within each network."""
    chosen = networks(size)
    total = story_count(size)
    persons = sum(network.persons for network in chosen)
    placed = 0
    for index, network in enumerate(chosen):
        last = index == len(chosen) - 1
        count = total - placed if last else round(total * network.persons / persons)
        placed += count
        yield from _network_stories(network, index, count, size, today)


def _network_stories(
    network: Network, index: int, count: int, size: RegionSize, today: date
) -> Iterator[Story]:
    draw = random.Random(f"waymark stories {size} {network.code}")
    days = 365 * (SMALL_YEARS if size == "small" else REGION_YEARS)
    moments = sorted(
        _working_moment(draw, today - timedelta(days=draw.randrange(1, days + 1)), step=-1)
        for _ in range(count)
    )
    serials = _serials(start=(0 if size == "small" else 500_000) + index * 16_000)
    seen: list[tuple[SyntheticPerson, Practice]] = []
    *others, last = moments
    for number, referred_at in enumerate(others):
        if seen and draw.random() < REFERRED_AGAIN_SHARE:
            person, practice = draw.choice(seen)
        else:
            practice = draw.choices(
                network.practices, weights=[p.persons for p in network.practices]
            )[0]
            person = synthetic_person(
                draw, next(serials), on=referred_at.date(), deprivation=network.deprivation
            )
            seen.append((person, practice))
        yield _story(
            draw,
            f"seed-{size}-{network.code}-{number}",
            network,
            practice,
            person,
            referred_at,
            today,
        )
    practice = network.practices[0]
    person = synthetic_person(draw, next(serials), on=last.date(), deprivation=network.deprivation)
    yield _example(draw, network, practice, person, last)


def _example(
    draw: random.Random,
    network: Network,
    practice: Practice,
    person: SyntheticPerson,
    referred_at: datetime,
) -> Story:
    """The referral that the interface's examples are about: received, with one goal."""
    needs = (_drawn(draw, _NEEDS),)
    goal = GoalStep(
        referred_at + timedelta(minutes=5),
        needs[0],
        referred_at.date() + timedelta(days=84),
        (),
    )
    return Story(
        reference=f"{EXAMPLE_REFERENCE_PREFIX}{network.code}",
        practice=practice,
        person=person,
        referred_at=referred_at,
        route="general-practice",
        needs=needs,
        messages_consented=True,
        role="link-worker",
        contacts=(),
        goals=(goal,),
        ending=None,
    )


def _story(
    draw: random.Random,
    reference: str,
    network: Network,
    practice: Practice,
    person: SyntheticPerson,
    referred_at: datetime,
    today: date,
) -> Story:
    needs = tuple(
        dict.fromkeys(_drawn(draw, _NEEDS) for _ in range(draw.choices((1, 2, 3), (62, 28, 10))[0]))
    )
    fate = draw.random()
    contacts: tuple[ContactStep, ...] = ()
    goals: tuple[GoalStep, ...] = ()
    ending: tuple[datetime, str] | None
    if fate < DECLINED_SHARE:
        ending = _later(draw, referred_at, 9, today), "declined"
    elif fate < DECLINED_SHARE + UNREACHABLE_SHARE:
        ending = _later(draw, referred_at, 30, today), "unreachable"
    else:
        contacts = _contacts(draw, network, referred_at, today)
        goals = _goals(draw, needs, contacts, today) if draw.random() < GOALS_SHARE else ()
        withdrawn = fate < DECLINED_SHARE + UNREACHABLE_SHARE + WITHDRAWN_SHARE
        ending = _ending(draw, contacts, today, withdrawn=withdrawn)
    if ending is not None and ending[0].date() >= today:
        ending = None
    if ending is not None:
        goals = tuple(_until(goal, ending[0]) for goal in goals)
    return Story(
        reference=reference,
        practice=practice,
        person=person,
        referred_at=referred_at,
        route=_drawn(draw, _ROUTES),
        needs=needs,
        messages_consented=draw.random() < MESSAGES_CONSENTED_SHARE,
        role=_drawn(draw, _ROLES),
        contacts=contacts,
        goals=goals,
        ending=ending,
    )


def _contacts(
    draw: random.Random, network: Network, referred_at: datetime, today: date
) -> tuple[ContactStep, ...]:
    wait = draw.lognormvariate(math.log(FIRST_CONTACT_MEDIAN_DAYS), FIRST_CONTACT_SPREAD)
    day = referred_at.date() + timedelta(days=1 + int(wait * network.wait_factor))
    planned = min(CONTACTS_MAX, 1 + int(draw.gammavariate(2.0, 2.0)))
    steps: list[ContactStep] = []
    for _ in range(planned):
        at = _working_moment(draw, day)
        if at.date() >= today:
            break
        steps.append(ContactStep(at, _drawn(draw, _MODES), draw.choice((15, 20, 30, 30, 45, 60))))
        day = at.date() + timedelta(
            days=2 + int(draw.lognormvariate(math.log(CONTACT_GAP_MEDIAN_DAYS), 0.6))
        )
    return tuple(steps)


def _goals(
    draw: random.Random, needs: tuple[str, ...], contacts: tuple[ContactStep, ...], today: date
) -> tuple[GoalStep, ...]:
    if len(contacts) < 2:
        return ()
    goals: list[GoalStep] = []
    for need in needs[:2]:
        set_at = contacts[1].at + timedelta(minutes=5)
        updates: list[tuple[datetime, str]] = []
        at = _later(draw, set_at, 28, today)
        ending = _drawn(draw, _GOAL_ENDINGS)
        if at.date() < today:
            updates.append((at, "progressing"))
            last = _later(draw, at, 42, today)
            if ending is not None and last.date() < today:
                updates.append((last, ending))
        goals.append(GoalStep(set_at, need, set_at.date() + timedelta(days=84), tuple(updates)))
    return tuple(goals)


def _until(goal: GoalStep, end: datetime) -> GoalStep:
    """The goal without what would come after the support has ended."""
    return replace(goal, updates=tuple(update for update in goal.updates if update[0] < end))


def _ending(
    draw: random.Random, contacts: tuple[ContactStep, ...], today: date, *, withdrawn: bool
) -> tuple[datetime, str] | None:
    """A withdrawn referral ends soon after its last contact; a completed one after a quiet time."""
    if not contacts:
        return None
    last = contacts[-1].at
    if withdrawn:
        return _later(draw, last, 14, today), "withdrawn"
    quiet = _later(draw, last, 90, today)
    return (quiet, "completed") if len(contacts) >= 2 else None


def _later(draw: random.Random, after: datetime, median_days: int, today: date) -> datetime:
    days = 1 + int(draw.lognormvariate(math.log(median_days), 0.4))
    return _working_moment(
        draw, min(after.date() + timedelta(days=days), today + timedelta(days=7))
    )


def _working_moment(draw: random.Random, day: date, *, step: int = 1) -> datetime:
    """A time between 8 and 18 on this day; from a weekend, on the next working day in this direction."""
    while day.weekday() >= 5:
        day += timedelta(days=step)
    return datetime.combine(
        day, time(8 + draw.randrange(10), draw.randrange(60), draw.randrange(60)), UTC
    )


def _serials(start: int) -> Iterator[int]:
    """Serials that have a valid check digit: about ten in eleven do."""
    serial = start
    while True:
        if nhs_number(serial) is not None:
            yield serial
        serial += 1


def _drawn(draw: random.Random, shares: tuple[tuple[_Value, int], ...]) -> _Value:
    return draw.choices([value for value, _ in shares], weights=[share for _, share in shares])[0]
