"""Safety first: where anybody can turn in a crisis, and alarms that stay loud until answered.

Promise    The words of help are the same at every door and need no sign-in and no database. An
           alarm that is not closed always has a time at which it goes on: while nobody has answered
           to the next, past the last who is named to everybody who may act, again and again; once
           answered, back to everybody if nobody says in time what came of it.
Price      Nobody can silence an alarm without answering it by name, nor close it unanswered. What an
           import tells of the past chases nobody until somebody answers it.
Not here   Telling anybody: what carries messages listens to the events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

from services.referral.domain.refusals import Refused

AlarmStatus: TypeAlias = Literal["raised", "acknowledged", "closed"]
AgeRule: TypeAlias = Literal["accept", "guardian-consent", "not-accepted"]

ESCALATE_AFTER_MINUTES: Final = 15
CLOSE_AFTER_HOURS_MAX: Final = 24
"""How long whoever answered an alarm has, until all are asked again."""
ADULT_AGE_YEARS: Final = 18


@dataclass(frozen=True, slots=True)
class CrisisContact:
    """One place that answers at any hour, and what it is for."""

    name: str
    number: str
    when: str


CRISIS_HELP: Final = (
    CrisisContact("Emergency services", "999", "Someone is in danger now, or has been badly hurt."),
    CrisisContact(
        "NHS 111, option 2",
        "111",
        "You need help with your mental health now. Call 111 and choose 2.",
    ),
    CrisisContact(
        "Samaritans", "116 123", "You want to talk to someone. It is free, day or night."
    ),
)
CRISIS_WORDS: Final = "Waymark is not an emergency service. If you need help now, call:"


def crisis_help() -> dict[str, str | list[dict[str, str]]]:
    """Give what every self-referral shows, before it is sent and after."""
    return {
        "words": CRISIS_WORDS,
        "contacts": [
            {"name": one.name, "number": one.number, "when": one.when} for one in CRISIS_HELP
        ],
    }


class AlarmAnswered(Refused):
    """Somebody else answered the alarm first and acts on it."""

    name = "alarm-answered"
    conflicts = True


class AlarmNotAnswered(Refused):
    """An alarm is closed by whoever answered it, and nobody has."""

    name = "alarm-not-answered"
    conflicts = True


class AlarmClosed(Refused):
    """The alarm has been seen to."""

    name = "alarm-closed"
    conflicts = True


class LeadUnknown(Refused):
    """A safeguarding lead is a member of this network who works with people or manages."""

    name = "lead-unknown"


class GuardianConsentNeeded(Refused):
    """The network helps people under 18 if a parent or guardian agreed."""

    name = "guardian-consent-needed"


class TooYoung(Refused):
    """The network does not help people under 18."""

    name = "too-young"


@dataclass(frozen=True, slots=True)
class Ladder:
    """Who is alarmed, in this order, and how long each has to answer."""

    leads: tuple[UUID, ...] = ()
    minutes: int = ESCALATE_AFTER_MINUTES
    left: frozenset[UUID] = frozenset()
    """Those of the leads who are no members any more: passed over, as nobody hears them."""

    def first(self) -> UUID | None:
        """Who is told first; None: everybody who may act."""
        return self._first_of(self.leads)

    def after(self, holder: UUID | None, level: int) -> UUID | None:
        """Whose turn it is after ``holder``; None: everybody's, and after everybody, everybody's.

        Where the leads were named anew meanwhile, without ``holder``, the place counts.
        """
        if holder is None:
            return None
        place = self.leads.index(holder) + 1 if holder in self.leads else level
        return self._first_of(self.leads[place:])

    def _first_of(self, leads: Sequence[UUID]) -> UUID | None:
        return next((lead for lead in leads if lead not in self.left), None)

    def next_at(self, now: datetime) -> datetime:
        """When an alarm that is told now goes on, if nobody answers."""
        return now + timedelta(minutes=self.minutes)


@dataclass(slots=True, kw_only=True)
class Alarm:
    """Somebody may be in danger: the aggregate of everything told of it."""

    id: UUID
    pcn_code: str
    kind: str
    dangers: tuple[str, ...] = ()
    practice_code: str | None = None
    referral_id: UUID | None = None
    episode_id: UUID | None = None
    person_id: UUID | None = None
    visit_id: UUID | None = None
    worker_id: UUID | None = None
    """Who went on the visit it was raised for; only then."""
    raised_at: datetime
    status: AlarmStatus = "raised"
    level: int = 0
    holder: UUID | None = None
    escalates_at: datetime | None = None
    acknowledged_by: UUID | None = None
    acknowledged_at: datetime | None = None
    closed_at: datetime | None = None
    version: int = 0

    def sound(self, ladder: Ladder, now: datetime, *, chases: bool = True) -> None:
        """Tell the first who is named; what chases nobody stands in everybody's list."""
        if chases:
            self.holder = ladder.first()
            self.escalates_at = ladder.next_at(now)
        self.version += 1

    def escalate(
        self, ladder: Ladder, now: datetime, *, counted_from: datetime | None = None
    ) -> bool:
        """Go on to the next if nobody answered in time; say whether it did.

        Each who is told has the whole time from now on, also after an outage; it is counted from
        another time where the clock was set back since. What somebody answered and nobody closed
        in time is everybody's again, to be answered anew.
        """
        if self.escalates_at is None or now < self.escalates_at:
            return False
        self.level += 1
        if self.status == "acknowledged":
            self.status = "raised"
            self.acknowledged_by = self.acknowledged_at = self.holder = None
        else:
            self.holder = ladder.after(self.holder, self.level)
        self.escalates_at = ladder.next_at(counted_from or now)
        self.version += 1
        return True

    def acknowledge(self, by: UUID | None, at: datetime, *, now: datetime | None = None) -> int:
        """Somebody answers by name and acts on it; the seconds it took.

        The time to close it begins ``now``, also where a demonstration tells of the past.
        """
        self._check_open()
        if self.status == "acknowledged":
            raise AlarmAnswered("A colleague has answered this alarm and acts on it.")
        self.status = "acknowledged"
        self.acknowledged_by = by
        self.acknowledged_at = at
        self.escalates_at = (now or at) + timedelta(hours=CLOSE_AFTER_HOURS_MAX)
        self.version += 1
        return max(0, int((at - self.raised_at).total_seconds()))

    def close(self, at: datetime) -> None:
        """What it was about has been seen to."""
        self._check_open()
        if self.status != "acknowledged":
            raise AlarmNotAnswered("Answer the alarm first, then say what came of it.")
        self.status = "closed"
        self.closed_at = at
        self.escalates_at = None
        self.version += 1

    def _check_open(self) -> None:
        if self.status == "closed":
            raise AlarmClosed("This alarm was closed.")


@dataclass(frozen=True, slots=True)
class YoungPeople:
    """What a network does for people under 18, as it said itself."""

    rule: AgeRule = "guardian-consent"
    better_route: str | None = None

    def check(self, birth_date: date, on: date, *, guardian_consented: bool) -> None:
        """Refuse whom the network does not help, and say where they are better helped."""
        if not is_minor(birth_date, on) or self.rule == "accept":
            return
        if self.rule == "not-accepted":
            raise TooYoung(
                "This network helps people from 18 years on."
                + better_route_words(self.better_route)
            )
        if not guardian_consented:
            raise GuardianConsentNeeded(
                "The person is under 18. Ask a parent or guardian first, and say that they agreed.",
                "/guardian_consented",
            )


def is_minor(birth_date: date, on: date) -> bool:
    """Whether somebody born then is under 18 on a day; born on 29 February, they turn 18 on 1 March."""
    before_birthday = (on.month, on.day) < (birth_date.month, birth_date.day)
    return on.year - birth_date.year - before_birthday < ADULT_AGE_YEARS


ROUTE_WORDS: Final = {
    "general-practice": "the person's general practice",
    "care-navigator": "a care navigator, who can say where to turn",
    "another-network": "the network of the person's own practice",
    "mental-health-team": "the local mental health team",
    "social-care": "the council's social care",
    "children-and-young-people": "the local services for children and young people",
    "housing-advice": "housing advice",
    "money-advice": "money advice",
    "urgent-help": "urgent help: 999, or 111",
}


def better_route_words(route: str | None) -> str:
    """Say where the person is better helped, as a sentence to add; nothing where nobody said."""
    words = ROUTE_WORDS.get(route or "")
    return f" Better helped by {words}." if words else ""


def check_leads(leads: Sequence[UUID], known: frozenset[UUID]) -> None:
    """Take as leads only members who can see the network's alarms."""
    for place, lead in enumerate(leads):
        if lead not in known:
            raise LeadUnknown(
                "Name members of this network who work with people or manage it.",
                f"/membership_ids/{place}",
            )
