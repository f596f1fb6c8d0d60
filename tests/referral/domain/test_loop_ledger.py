"""The loop ledger at every point of every sequence: one holder or one ending, and silence is neither.

Several onward referrals of one network are walked at once, by whatever anybody says and by time. What is
compared with the domain after each step is an account book: lines of who gave the ball to whom, counted
anew each time. Nothing in it asks the domain's tables.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from services.referral.domain.calendar import Calendar
from services.referral.domain.ladders import DEFAULT_LADDER, next_nudge_at, nudge
from services.referral.domain.onward import (
    Ended,
    Fact,
    Held,
    OnwardReferral,
    begin,
    fold,
)
from services.referral.domain.refusals import Refused
from services.referral.domain.task_states import task_status

SEQUENCES = 2_000
STEPS = 25

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
CALENDAR = Calendar()
PARTIES = ("worker", "provider", "person")
RUNGS = {"provider": (3, 7, 10), "person": (10, 20), "worker": (2, 5, 10)}
# The bank holidays of England from April 2026 to August 2027.
HOLIDAYS = {
    *(date(2026, 4, day) for day in (3, 6)),
    *(date(2026, 5, day) for day in (4, 25)),
    date(2026, 8, 31),
    *(date(2026, 12, day) for day in (25, 28)),
    date(2027, 1, 1),
    *(date(2027, 3, day) for day in (26, 29)),
    *(date(2027, 5, day) for day in (3, 31)),
    date(2027, 8, 30),
}
# Who says it, from which stages, and who has the ball then; an ending is written with a star.
BOOK: dict[str, tuple[str, str, str]] = {
    "sent": ("worker", "draft", "provider"),
    "accepted": ("provider", "sent waiting", "person"),
    "full-until": ("provider", "sent accepted waiting", "provider"),
    "refused": ("provider", "sent accepted waiting started", "*refused-by-provider"),
    "started": ("provider person worker", "sent accepted waiting", "person"),
    "attended": ("provider person worker", "sent accepted waiting started", "*attended"),
    "did-not-come": ("provider", "sent accepted started", "worker"),
    "could-not-reach": ("provider", "sent accepted waiting started", "worker"),
    "passed-on": ("worker", "sent accepted waiting started", "?"),
    "declined": ("person", "draft sent accepted waiting started", "*declined-by-person"),
    "unreachable": ("worker", "sent accepted waiting started", "*unreachable"),
    "withdrawn": ("worker", "draft sent accepted waiting started", "*withdrawn"),
}
BECOMES = {
    "sent": "sent",
    "accepted": "accepted",
    "full-until": "waiting",
    "started": "started",
}
QUIET = {"nudged", "listing-gone", "listing-back"}
HEARD = {"accepted", "full-until", "started", "did-not-come", "could-not-reach"}


@dataclass
class Loop:
    """One onward referral as the book has it: a line for each thing that happened."""

    stage: str
    holder: str
    since: datetime
    ending: str | None = None
    error: bool = False
    nudged: int = 0
    silent: str | None = None
    unreached: bool = False
    full_until: date | None = None
    gone: bool = False
    lines: list[str] = field(default_factory=list[str])

    def refuses(self, step: str, told_by: str, reason: str | None) -> str | None:
        """Say why not, as somebody who reads the book would."""
        tellers, stages, _ = BOOK[step]
        if told_by not in tellers.split():
            return "not-theirs-to-say"
        if self.ending is not None:
            takes_back = step == "withdrawn" and reason == "entered-in-error"
            return None if takes_back and not self.error else "onward-referral-ended"
        if self.stage not in stages.split():
            return "onward-step-cannot-follow"
        of_listing = self.stage in {"sent", "waiting"} or "provider" in {self.holder, self.silent}
        if step == "unreachable" and of_listing and not self.unreached:
            return "silence-is-no-ending"
        return None

    def write(
        self, step: str, at: datetime, told_by: str, *, reason: str | None, to: str | None
    ) -> None:
        self.lines.append(step)
        if step == "sent" or told_by == "provider":
            self.gone = False
        _, _, gives = BOOK[step]
        if gives.startswith("*"):
            self.ending = gives[1:]
            self.error = self.ending == "withdrawn" and reason == "entered-in-error"
            return
        self.holder, self.since, self.nudged = to or gives, at, 0
        if step in HEARD:
            self.silent = None
        if step in BECOMES:
            self.stage, self.unreached = BECOMES[step], False
        if step == "did-not-come" and self.stage == "sent":
            self.stage = "accepted"
        if step in {"did-not-come", "could-not-reach"}:
            self.unreached = True

    def write_silence(self, at: datetime) -> None:
        self.lines.append("nudged")
        self.nudged += 1
        if self.holder != "worker":
            self.silent = self.holder
            if self.nudged == len(RUNGS[self.holder]):
                self.holder, self.since, self.nudged = "worker", at, 0

    def due(self) -> datetime | None:
        """When the next reminder is due: so many days worked after the ball came, at their end."""
        if self.ending is not None or self.nudged >= len(RUNGS[self.holder]):
            return None
        day = self.since.date()
        if self.stage == "waiting" and self.holder == "provider" and self.full_until:
            day = max(day, self.full_until)
        left = RUNGS[self.holder][self.nudged]
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and day not in HOLIDAYS
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def counted(loops: Sequence[Loop]) -> Counter[str]:
    """The ledger's figures, from the book."""
    return Counter(one.ending or f"with {one.holder}" for one in loops)


class Ledger(RuleBasedStateMachine):
    """Every loop of a network, and one calendar for all."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.onwards: list[OnwardReferral] = []
        self.facts: list[list[Fact]] = []
        self.loops: list[Loop] = []
        self.timers: dict[int, datetime] = {}

    def set_timer(self, place: int) -> None:
        """As ``use_cases.nudging`` does after each step."""
        standing = self.onwards[place].standing
        due = (
            next_nudge_at(standing, DEFAULT_LADDER, CALENDAR)
            if isinstance(standing, Held)
            else None
        )
        if due is None:
            self.timers.pop(place, None)
        else:
            self.timers[place] = due

    @initialize(draft=st.booleans())
    def the_first_is_sent(self, draft: bool) -> None:
        self.somebody_is_sent_on(draft)

    @rule(draft=st.booleans())
    def somebody_is_sent_on(self, draft: bool) -> None:
        place = len(self.onwards)
        if place > 3:
            return
        first = Fact("drafted" if draft else "sent", self.now, told_by="worker")
        self.onwards.append(
            OnwardReferral(
                id=UUID(int=place + 1),
                referral_id=UUID(int=11),
                episode_id=UUID(int=12),
                person_id=UUID(int=13),
                pcn_code="U99001",
                practice_code="Y99001",
                listing_id=UUID(int=14),
                organization_id=UUID(int=15),
                need="isolation",
                shares_contact=False,
                standing=begin(first),
                drafted_at=self.now,
                sent_at=None if draft else self.now,
            )
        )
        self.facts.append([first])
        holder = "worker" if draft else "provider"
        stage = "draft" if draft else "sent"
        self.loops.append(Loop(stage, holder, self.now, lines=[stage]))
        self.set_timer(place)
        self.balances()

    @rule(
        place=st.integers(0, 3),
        step=st.sampled_from(sorted(BOOK)),
        told_by=st.sampled_from((None, None, None, *PARTIES)),
        reason=st.sampled_from((None, "moved", None, "entered-in-error")),
        to=st.sampled_from(("provider", "person")),
    )
    def somebody_speaks(
        self, place: int, step: Any, told_by: Any, reason: str | None, to: Any
    ) -> None:
        place %= len(self.onwards)
        self.now += timedelta(hours=5)
        onward, loop = self.onwards[place], self.loops[place]
        passed_to = to if step == "passed-on" else None
        told_by = told_by or BOOK[step][0].split()[0]
        full_until = self.now.date() + timedelta(days=20) if step == "full-until" else None
        fact = Fact(step, self.now, told_by, reason, full_until, passed_to)
        before = (onward.standing, onward.version, onward.sent_at)
        expected = loop.refuses(step, told_by, reason)
        refused_as = None
        try:
            onward.take(fact)
        except Refused as refused:
            refused_as = refused.name
        assert refused_as == expected
        if expected is not None:
            assert (onward.standing, onward.version, onward.sent_at) == before
            return
        loop.full_until = full_until or loop.full_until
        loop.write(step, self.now, told_by, reason=reason, to=passed_to)
        self.facts[place].append(fact)
        self.set_timer(place)
        self.balances()

    @rule(place=st.integers(0, 3))
    def the_listing_is_gone(self, place: int) -> None:
        place %= len(self.onwards)
        onward, loop = self.onwards[place], self.loops[place]
        # As ``listing_gone_fell_due`` asks: it is told once, of what is still open.
        if not isinstance(onward.standing, Held) or onward.standing.listing_gone:
            assert loop.ending is not None or loop.gone
            return
        assert loop.ending is None
        self._falls_due(place, Fact("listing-gone", self.now))
        loop.lines.append("listing-gone")
        loop.gone = True
        loop.holder, loop.since, loop.nudged = "worker", self.now, 0
        self.set_timer(place)
        self.balances()

    @rule(place=st.integers(0, 3))
    def the_listing_is_back(self, place: int) -> None:
        place %= len(self.onwards)
        loop = self.loops[place]
        # As ``listing_gone_fell_due`` asks: of what was marked, and is still open.
        if loop.ending is not None or not loop.gone:
            return
        self._falls_due(place, Fact("listing-back", self.now))
        loop.lines.append("listing-back")
        loop.gone = False
        self.set_timer(place)
        self.balances()

    @rule(days=st.sampled_from((1, 3, 7, 20)))
    def nobody_says_anything(self, days: int) -> None:
        self.now += timedelta(days=days)
        while due := [(at, place) for place, at in self.timers.items() if at <= self.now]:
            at, place = min(due)
            standing = self.onwards[place].standing
            assert isinstance(standing, Held)
            self._falls_due(place, nudge(standing, DEFAULT_LADDER, at))
            self.loops[place].write_silence(at)
            self.set_timer(place)
            self.balances()

    def _falls_due(self, place: int, fact: Fact) -> None:
        self.onwards[place].take(fact)
        self.facts[place].append(fact)
        assert isinstance(self.onwards[place].standing, Held), "silence has ended something"

    def balances(self) -> None:
        """What the ledger says is what a recount of the facts says, and what the book says."""
        folded = [fold(facts) for facts in self.facts]
        assert folded == [one.standing for one in self.onwards]
        ledger = Counter(
            one.ending if isinstance(one, Ended) else f"with {one.holder}" for one in folded
        )
        assert ledger == counted(self.loops)
        assert ledger.total() == len(self.onwards)
        for place, (onward, loop) in enumerate(zip(self.onwards, self.loops, strict=True)):
            standing = onward.standing
            assert onward.version == len(self.facts[place]) == len(loop.lines)
            assert task_status(standing)
            if isinstance(standing, Ended):
                self._has_ended(place, standing, loop)
            else:
                self._is_held(place, standing, loop)

    def _has_ended(self, place: int, standing: Ended, loop: Loop) -> None:
        assert standing.ending == loop.ending
        assert standing.was_an_error == loop.error
        assert place not in self.timers
        # Somebody's word ended it, and no silence did.
        last = next(one for one in reversed(loop.lines) if one not in QUIET)
        assert BOOK[last][2] == f"*{loop.ending}"

    def _is_held(self, place: int, standing: Held, loop: Loop) -> None:
        assert loop.ending is None
        assert standing.holder in PARTIES
        assert (
            standing.stage,
            standing.holder,
            standing.since,
            standing.nudges,
            standing.silent,
            standing.unreached,
            standing.full_until,
            standing.listing_gone,
        ) == (
            loop.stage,
            loop.holder,
            loop.since,
            loop.nudged,
            loop.silent,
            loop.unreached,
            loop.full_until,
            loop.gone,
        )
        # An answer is owed, so its timer is set; where a ladder has ended, it is the worker's, in
        # the list with its age.
        due = loop.due()
        assert self.timers.get(place) == due or _same_day(self.timers.get(place), due)
        assert due is not None or loop.holder == "worker"


def _same_day(one: datetime | None, other: datetime | None) -> bool:
    """England's midnight is an hour before the world's in summer."""
    if one is None or other is None:
        return False
    return timedelta(0) <= other - one <= timedelta(hours=1)


@pytest.mark.timeout(300)
class TestLedger(Ledger.TestCase):
    settings = settings(
        max_examples=SEQUENCES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
