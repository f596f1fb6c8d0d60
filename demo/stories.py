"""Synthetic stories: what happened to each referral of the demonstration, day by day.

A story is drawn before anything is posted, so the seed is the same on every machine, and what it
should lead to can be counted beforehand. How often things happen: ``demo.shares``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from demo import shares
from demo.casework import casework_of
from demo.days import drawn, later, working_moment
from demo.gaps import leaning_at
from demo.geography import neighbourhood_of
from demo.loops import WITHOUT_LISTINGS
from demo.people import SyntheticPerson, nhs_number, synthetic_person
from demo.region import Network, Practice, RegionSize, networks
from demo.scripts import scripted
from demo.telling import ContactStep, GoalStep, Story
from demo.unplaced import with_what_is_lacking

SEED_NUMBER: Final = 1
EXAMPLE_REFERENCE_PREFIX: Final = "example-"
"""The last referral of each network has this and the network's code for its reference: whoever
tries the examples of the interface finds it waiting, with a goal and nobody's yet."""
_FIRST_STEPS: Final = ("Find out when it is on.", "Go and look, with somebody.")
_SERIALS_A_NETWORK: Final = 16_000
_SERIALS_OF_REGION: Final = 500_000


@dataclass(frozen=True, slots=True)
class _Seen:
    """Somebody who was referred before."""

    person: SyntheticPerson
    practice: Practice
    in_full: bool
    ended_at: datetime | None
    """When their last support ended; None while it goes on, or nobody can say."""
    may_return: bool


def story_count(size: RegionSize) -> int:
    """How many referrals the region of this size is seeded with, without those of the scripts."""
    return shares.REFERRALS[size]


def stories(size: RegionSize, today: date, number: int = SEED_NUMBER) -> Iterator[Story]:
    """The stories in the order in which the referrals were made within each network."""
    chosen = networks(size)
    total = story_count(size)
    persons = sum(network.persons for network in chosen)
    placed = 0
    for index, network in enumerate(chosen):
        last = index == len(chosen) - 1
        count = total - placed if last else round(total * network.persons / persons)
        placed += count
        yield from _Teller(network, index, size, today, number).tell(count)


class _Teller:
    """Draws the stories of one network, one after the other."""

    def __init__(
        self, network: Network, index: int, size: RegionSize, today: date, number: int
    ) -> None:
        self._network = network
        self._size: RegionSize = size
        self._today = today
        self._draw = random.Random(f"waymark stories {number} {size} {network.code}")
        first = 0 if size == "small" else _SERIALS_OF_REGION
        self._serials = _serials(start=first + index * _SERIALS_A_NETWORK)
        self._seen: list[_Seen] = []

    def tell(self, count: int) -> Iterator[Story]:
        draw, today = self._draw, self._today
        days = shares.DAYS[self._size]
        moments = sorted(
            working_moment(draw, today - timedelta(days=draw.randrange(1, days + 1)), step=-1)
            for _ in range(count)
        )
        *others, last = moments
        for number, referred_at in enumerate(others):
            yield self._story(f"seed-{self._size}-{self._network.code}-{number}", referred_at)
        yield from scripted(draw, self._network, self._size, today, self._person)
        yield self._example(last)

    def _story(self, reference: str, referred_at: datetime) -> Story:
        draw = self._draw
        place = self._again(referred_at) if draw.random() < shares.REFERRED_AGAIN else None
        if place is None:
            in_full = draw.random() < shares.TOLD_IN_FULL[self._size]
            person, practice = self._person(referred_at)
            place = len(self._seen)
            self._seen.append(_Seen(person, practice, in_full, None, may_return=True))
            joins = False
        else:
            seen = self._seen[place]
            joins = seen.in_full and (seen.ended_at is None or seen.ended_at > referred_at)
        seen = self._seen[place]
        plain = self._plain(reference, seen, referred_at)
        if joins:
            return replace(plain, joins=True)
        story = self._what_became(plain)
        if story.in_full:
            story = casework_of(draw, story, self._network, self._today)
            if seen.ended_at is not None:
                # They agreed when they were helped before: a shorter yes would be refused.
                told = tuple(s for s in story.steps if not s.what.startswith("consent"))
                story = replace(story, steps=told)
            story = with_what_is_lacking(story)
            ended_at = story.ending[0] if story.ending else None
            self._seen[place] = replace(
                seen, ended_at=ended_at, may_return=not story.holds("reopening")
            )
        return story

    def _again(self, referred_at: datetime) -> int | None:
        """Choose somebody who was referred before; nobody whose support has only just ended."""
        if not self._seen:
            return None
        place = self._draw.randrange(len(self._seen))
        seen = self._seen[place]
        # In what is told at once an ending comes last: nothing can follow it there.
        peace = timedelta(days=shares.TOLD_AT_ONCE_DAYS[self._size])
        just_ended = (
            seen.ended_at is not None and timedelta() <= referred_at - seen.ended_at < peace
        )
        return place if seen.may_return and not just_ended else None

    def _person(self, on: datetime) -> tuple[SyntheticPerson, Practice]:
        practice = self._draw.choices(
            self._network.practices, weights=[p.persons for p in self._network.practices]
        )[0]
        person = synthetic_person(
            self._draw, next(self._serials), on=on.date(), network=self._network
        )
        return person, practice

    def _plain(self, reference: str, seen: _Seen, referred_at: datetime) -> Story:
        """A referral of which nothing has become yet."""
        draw = self._draw
        count = drawn(draw, shares.NEEDS_COUNT)
        return Story(
            reference=reference,
            practice=seen.practice,
            person=seen.person,
            referred_at=referred_at,
            route=drawn(draw, shares.ROUTES),
            needs=_leaning(
                reference,
                seen.person,
                tuple(dict.fromkeys(drawn(draw, shares.NEEDS) for _ in range(count))),
            ),
            urgency=drawn(draw, shares.URGENCIES),
            messages_consented=draw.random() < shares.MESSAGES_CONSENTED,
            role=drawn(draw, shares.ROLES),
            in_full=seen.in_full,
        )

    def _what_became(self, story: Story) -> Story:
        draw, today = self._draw, self._today
        fate = draw.random()
        ending: tuple[datetime, str] | None
        contacts: tuple[ContactStep, ...] = ()
        goals: tuple[GoalStep, ...] = ()
        if fate < shares.DECLINED:
            ending = later(draw, story.referred_at, 9, today), "declined"
        elif fate < shares.DECLINED + shares.UNREACHABLE:
            ending = later(draw, story.referred_at, 30, today), "unreachable"
            contacts = _attempts(draw, story.referred_at, min(ending[0].date(), today))
        else:
            contacts = _contacts(draw, self._network, story, today)
            made = [one for one in contacts if one.outcome == "made"]
            if draw.random() < shares.GOALS:
                goals = _goals(draw, story.needs, made, today)
            withdrawn = fate < shares.DECLINED + shares.UNREACHABLE + shares.WITHDRAWN
            ending = _ending(draw, contacts, today, withdrawn=withdrawn)
        if ending is not None and ending[0].date() >= today:
            ending = None
        if ending is not None:
            goals = tuple(_until(goal, ending[0]) for goal in goals)
        return replace(story, contacts=contacts, goals=goals, ending=ending)

    def _example(self, referred_at: datetime) -> Story:
        """The referral that the interface's examples are about: received, with one goal."""
        person, _ = self._person(referred_at)
        needs = (drawn(self._draw, shares.NEEDS),)
        goal = GoalStep(
            referred_at + timedelta(minutes=5),
            needs[0],
            referred_at.date() + timedelta(days=84),
            (),
        )
        return Story(
            reference=f"{EXAMPLE_REFERENCE_PREFIX}{self._network.code}",
            practice=self._network.practices[0],
            person=person,
            referred_at=referred_at,
            route="general-practice",
            needs=needs,
            urgency="routine",
            messages_consented=True,
            role="link-worker",
            goals=(goal,),
        )


def _leaning(reference: str, person: SyntheticPerson, needs: tuple[str, ...]) -> tuple[str, ...]:
    """The needs, of which the first gives way to what a gap of the neighbourhood brings about."""
    leaning = leaning_at(neighbourhood_of(person.postcode))
    if leaning is None or leaning[0] in needs or WITHOUT_LISTINGS in needs:
        return needs
    own = random.Random(f"waymark leaning {reference}")
    return (leaning[0], *needs[1:]) if own.random() < leaning[1] else needs


def _attempts(draw: random.Random, referred_at: datetime, end: date) -> tuple[ContactStep, ...]:
    """Nobody was reached, however often."""
    steps: list[ContactStep] = []
    day = referred_at.date()
    for _ in range(draw.choice((2, 3, 3, 4))):
        at = working_moment(draw, day + timedelta(days=2 + draw.randrange(6)))
        if at.date() >= end:
            break
        steps.append(ContactStep(at, "phone", None, outcome="attempted"))
        day = at.date()
    return tuple(steps)


def _contacts(
    draw: random.Random, network: Network, story: Story, today: date
) -> tuple[ContactStep, ...]:
    wait = draw.lognormvariate(
        math.log(shares.FIRST_CONTACT_MEDIAN_DAYS), shares.FIRST_CONTACT_SPREAD
    )
    day = story.referred_at.date() + timedelta(days=1 + int(wait * network.wait_factor))
    planned = min(shares.CONTACTS_MAX, 1 + int(draw.gammavariate(2.0, 2.0)))
    most_deprived = story.person.deprivation_decile <= 2
    missed_share = shares.MISSED_MOST_DEPRIVED if most_deprived else shares.MISSED
    steps: list[ContactStep] = []
    made = 0
    while made < planned:
        at = working_moment(draw, day)
        if at.date() >= today:
            break
        mode = drawn(draw, shares.MODES)
        if steps and draw.random() < missed_share:
            reason = drawn(draw, shares.MISSED_REASONS)
            steps.append(ContactStep(at, mode, None, outcome="missed", missed_reason=reason))
            day = at.date() + timedelta(days=3 + draw.randrange(8))
            continue
        made += 1
        minutes = draw.choice((15, 20, 30, 30, 45, 60))
        team = drawn(draw, shares.TEAM) if made > 1 and draw.random() < shares.WITH_TEAM else None
        understood = drawn(draw, shares.UNDERSTANDING) if made == 1 else None
        steps.append(ContactStep(at, mode, minutes, with_role=team, understanding=understood))
        gap = draw.lognormvariate(math.log(shares.CONTACT_GAP_MEDIAN_DAYS), 0.6)
        day = at.date() + timedelta(days=2 + int(gap))
    return tuple(steps)


def _goals(
    draw: random.Random, needs: tuple[str, ...], made: list[ContactStep], today: date
) -> tuple[GoalStep, ...]:
    if len(made) < 2:
        return ()
    goals: list[GoalStep] = []
    for need in needs[:2]:
        set_at = made[1].at + timedelta(minutes=5)
        updates: list[tuple[datetime, str]] = []
        at = later(draw, set_at, 28, today)
        ending = drawn(draw, shares.GOAL_ENDINGS)
        if at.date() < today:
            updates.append((at, "progressing"))
            last = later(draw, at, 42, today)
            if ending is not None and last.date() < today:
                updates.append((last, ending))
        steps = draw.choice(((), (), _FIRST_STEPS[:1], _FIRST_STEPS))
        target = set_at.date() + timedelta(days=84)
        goals.append(GoalStep(set_at, need, target, tuple(updates), steps))
    return tuple(goals)


def _until(goal: GoalStep, end: datetime) -> GoalStep:
    """The goal without what would come after the support has ended."""
    return replace(goal, updates=tuple(update for update in goal.updates if update[0] < end))


def _ending(
    draw: random.Random, contacts: tuple[ContactStep, ...], today: date, *, withdrawn: bool
) -> tuple[datetime, str] | None:
    """A withdrawn referral ends soon after its last contact; a completed one after a quiet time."""
    made = sum(one.outcome == "made" for one in contacts)
    if not made:
        return None
    last = contacts[-1].at
    if withdrawn:
        return later(draw, last, 14, today), "withdrawn"
    quiet = later(draw, last, 60, today)
    return (quiet, "completed") if made >= 2 else None


def _serials(start: int) -> Iterator[int]:
    """Serials that have a valid check digit: about ten in eleven do."""
    serial = start
    while True:
        if nhs_number(serial) is not None:
            yield serial
        serial += 1
