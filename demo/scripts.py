"""Stories that every network has whatever is drawn: the awkward ones.

Somebody died; somebody moved, and the other network took them on, sent them back or said no; two
records were one person's, and two were not; somebody was in danger; one request was not for here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from demo.days import working_moment
from demo.people import SyntheticPerson
from demo.region import Network, Practice, RegionSize, networks
from demo.steps import Listing, Of, Step
from demo.telling import ContactStep, Story

ADULTS_ONLY: Final = "U99003"
"""The network that says it does not help people under 18, so that a handover can be refused."""
RETURNED: Final = "returned"
_YOUNG: Final = timedelta(days=16 * 365 + 200)
_DAY: Final = timedelta(days=1)

NewPerson = Callable[[datetime], tuple[SyntheticPerson, Practice]]


def scripted(
    draw: random.Random, network: Network, size: RegionSize, today: date, person: NewPerson
) -> Iterator[Story]:
    """The awkward stories of one network, each of a person who is in no other story."""
    script = _Script(draw, network, size, today, person)
    yield script.died()
    yield script.moved("moved")
    yield script.moved(RETURNED)
    if network.code != ADULTS_ONLY:
        yield script.refused()
    yield from script.merged("merged", undone=False)
    yield from script.merged("unmerged", undone=True)
    yield script.in_danger("danger", closed=True)
    yield script.in_danger("danger-seen-to", closed=False)
    yield script.not_for_here()


class _Script:
    def __init__(
        self,
        draw: random.Random,
        network: Network,
        size: RegionSize,
        today: date,
        person: NewPerson,
    ) -> None:
        self._draw = draw
        self._network = network
        self._today = today
        self._person = person
        self._size: RegionSize = size
        region = networks(size)
        self._neighbour = region[(region.index(network) + 1) % len(region)]

    def died(self) -> Story:
        """Support that ends because the person died, with a loop that is withdrawn."""
        story = self._story("died", 120, contacts=2)
        last = story.contacts[-1].at
        body = {"died_on": (last + 5 * _DAY).date().isoformat()}
        ended = {
            "outcome": "died",
            "what_next": "nothing-further",
            "loops": "withdraw",
        }
        return self._with(
            story,
            self._onward(last + timedelta(hours=1), story.needs[0]),
            Step(last + 6 * _DAY, "after", "death", "/people/{person}/death", body),
            Step(last + 7 * _DAY, "after", "closing", "/referrals/{referral}/closing", ended),
        )

    def moved(self, name: str) -> Story:
        """Support that goes on in the neighbouring network, and perhaps comes back."""
        story = self._story(name, 80, contacts=1)
        return self._with(
            story, self._handover(story.contacts[-1].at + 3 * _DAY, self._neighbour, "moved-home")
        )

    def refused(self) -> Story:
        """Somebody under 18 moves to a network that helps adults only."""
        story = self._story("refused", 70, contacts=1)
        young = replace(story.person, birth_date=self._today - _YOUNG)
        (adults_only,) = (one for one in networks(self._size) if one.code == ADULTS_ONLY)
        at = story.contacts[-1].at + 3 * _DAY
        return self._with(replace(story, person=young), self._handover(at, adults_only, "other"))

    def merged(self, name: str, *, undone: bool) -> Iterator[Story]:
        """One person under two names, or two people taken for one."""
        first = self._story(name, 60, contacts=1)
        person = replace(
            first.person,
            nhs_number=None,
            given_name=first.person.given_name[:3],
            postcode=f"{first.person.postcode[:-2]}ZZ",
        )
        twin = self._story(f"{name}-twin", 58, contacts=0)
        yield replace(
            twin,
            practice=first.practice,
            person=person,
            route="voluntary-sector",
            messages_consented=False,
        )
        at = first.contacts[-1].at + 2 * _DAY
        body = {"person_id": Of("other-person"), "reason": "duplicate-record"}
        steps = [
            Step(
                at, "after", "merge", "/people/{person}/merges", body,
                name="merge", other=f"{self._prefix}{name}-twin",
            )
        ]  # fmt: skip
        if undone:
            steps.append(Step(at + 4 * _DAY, "after", "unmerge", "/people/merges/{merge}/undo", {}))
        yield self._with(first, *steps)

    def in_danger(self, name: str, *, closed: bool) -> Story:
        """A danger that somebody named, answered by name and, mostly, seen to."""
        story = self._story(name, 40, contacts=2)
        at = story.contacts[0].at + timedelta(minutes=10)
        minute = timedelta(minutes=1)
        body = {"dangers": ["self-harm" if closed else "domestic-abuse"]}
        steps = [
            Step(at, "during", "alarm", "/referrals/{referral}/alarms", body, name="alarm"),
            Step(
                at + 6 * minute, "during", "alarm-acknowledged", "/alarms/{alarm}/acknowledge", {},
                role="pcn-manager",
            ),
        ]  # fmt: skip
        if closed:
            body = {"outcome": "person-safe", "note": "Spoken with; the practice knows."}
            path = "/alarms/{alarm}/close"
            at += 95 * minute
            steps.append(Step(at, "during", "alarm-closed", path, body, role="pcn-manager"))
        return self._with(story, *steps)

    def not_for_here(self) -> Story:
        """A request that goes back, with what would be better."""
        story = self._story("not-suitable", 50, contacts=0)
        body = {
            "outcome": "not-suitable",
            "what_next": "with-another-team",
            "summary": "The mental health team is better placed, and knows of them.",
        }
        at = story.referred_at + 4 * _DAY
        return self._with(
            story, Step(at, "after", "closing", "/referrals/{referral}/closing", body)
        )

    @property
    def _prefix(self) -> str:
        return f"script-{self._size}-{self._network.code}-"

    def _story(self, name: str, days_ago: int, *, contacts: int) -> Story:
        referred_at = working_moment(self._draw, self._today - timedelta(days=days_ago), step=-1)
        person, practice = self._person(referred_at)
        spoken: list[ContactStep] = []
        for number in range(contacts):
            at = working_moment(self._draw, referred_at.date() + timedelta(days=7 * (number + 1)))
            spoken.append(ContactStep(at, "phone", 30))
        return Story(
            reference=f"{self._prefix}{name}",
            practice=practice,
            person=person,
            referred_at=referred_at,
            route="general-practice",
            needs=("isolation", "mental-wellbeing"),
            urgency="routine",
            messages_consented=False,
            role="link-worker",
            contacts=tuple(spoken),
            in_full=True,
        )

    def _with(self, story: Story, *steps: Step) -> Story:
        return replace(story, steps=steps)

    def _onward(self, at: datetime, need: str) -> Step:
        body: dict[str, Any] = {"listing_id": Listing(need, self._draw.randrange(99)), "need": need}
        return Step(at, "during", "onward", "/referrals/{referral}/onward-referrals", body)

    def _handover(self, at: datetime, to: Network, reason: str) -> Step:
        body = {
            "to_pcn_code": to.code,
            "practice_code": to.practices[0].code,
            "reason": reason,
        }
        path = "/referrals/{referral}/handover"
        return Step(at, "after", "handover", path, body, name="handover")
