"""A network's stories cut into stretches of time, so that they are told in the order they happened.

A person's second referral must find the first one's episode open or closed as it was then, so
stories are not told one after the other but side by side, some weeks at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from demo.steps import Phase, Step
from demo.telling import CLOSINGS, Story

Item = dict[str, Any]


@dataclass(slots=True)
class Known:
    """What the services answered so far about a network's stories."""

    ids: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """By reference and name: the id of the referral, the person, each contact and goal, and more."""
    versions: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    told_before: set[str] = field(default_factory=set[str])


class Chapter:
    """What happened to one network's stories between two moments."""

    def __init__(
        self,
        stories: Sequence[Story],
        span: tuple[datetime, datetime],
        known: Known,
        workers: Mapping[tuple[str, str], str],
    ) -> None:
        self._stories = stories
        self._begin, self._end = span
        self._known = known
        self._workers = workers
        self._new = [story for story in stories if self._holds(story.referred_at)]
        self.referrals = [_referral(story) for story in self._new]

    def referrals_made(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Remember the ids; a referral that was there before is a story already told."""
        for story, body in zip(self._new, bodies, strict=True):
            names = {"referral": body["id"], "person": body["person_id"]}
            names["worker"] = self._workers[story.practice.pcn_code, story.role]
            self._known.ids[story.reference] = names
            if body.get("already"):
                self._known.told_before.add(story.reference)

    def steps(self, phase: Phase) -> list[tuple[Story, list[Step]]]:
        """What is told one by one in this phase, for each story in order."""
        found = (
            (story, [s for s in story.steps if s.phase == phase and self._holds(s.at)])
            for story in self._told()
        )
        return [(story, steps) for story, steps in found if steps]

    def accepted(self) -> list[Item]:
        """The referrals whose first contact is now: a worker has taken them on."""
        return [
            self._status(story, story.made[0].at - timedelta(minutes=1), "accepted", None)
            for story in self._told()
            if story.made and self._holds(story.made[0].at)
        ]

    def contacts(self) -> list[Item]:
        """The conversations, and what came instead of them."""
        return [item for _, _, item in self._contacts()]

    def contacts_made(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Remember the contacts' ids."""
        for (story, name, _), body in zip(self._contacts(), bodies, strict=True):
            self._remember(story, name, body)

    def _contacts(self) -> list[tuple[Story, str, Item]]:
        return [
            (
                story,
                f"contact-{number}",
                {
                    "key": f"{story.reference}-contact-{number}",
                    "referral_id": self._id(story, "referral"),
                    "outcome": contact.outcome,
                    "missed_reason": contact.missed_reason,
                    "mode": contact.mode,
                    "minutes": contact.minutes,
                    "with_role": contact.with_role,
                    "understanding": contact.understanding,
                    "role": story.role,
                    "worker_id": self._id(story, "worker"),
                    **_times(contact.at),
                },
            )
            for story in self._told()
            for number, contact in enumerate(story.contacts)
            if self._holds(contact.at)
        ]

    def goals(self) -> list[Item]:
        """The goals set."""
        return [item for _, _, item in self._goals()]

    def goals_made(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Remember the goals' ids."""
        for (story, name, _), body in zip(self._goals(), bodies, strict=True):
            self._remember(story, name, body)

    def _goals(self) -> list[tuple[Story, str, Item]]:
        return [
            (
                story,
                f"goal-{number}",
                {
                    "key": f"{story.reference}-goal-{number}",
                    "referral_id": self._id(story, "referral"),
                    "need": goal.need,
                    "target_date": goal.target.isoformat(),
                    "steps": list(goal.steps),
                    "reference": f"goal-{number + 1}",
                    "worker_id": self._id(story, "worker"),
                    **_times(goal.at),
                },
            )
            for story in self._told()
            for number, goal in enumerate(story.goals)
            if self._holds(goal.at)
        ]

    def goal_updates(self) -> list[Item]:
        """How goals came on."""
        return [
            {
                "key": f"{story.reference}-goal-{number}-{status}",
                "goal_id": self._id(story, f"goal-{number}"),
                "status": status,
                **_times(at),
            }
            for story in self._told()
            for number, goal in enumerate(story.goals)
            for at, status in goal.updates
            if self._holds(at)
        ]

    def ended(self) -> list[Item]:
        """How referrals ended whose support is not told in full; the others are closed by a step."""
        return [
            self._status(story, story.ending[0], *CLOSINGS[story.ending[1]])
            for story in self._told()
            if story.ending and not story.in_full and self._holds(story.ending[0])
        ]

    def _told(self) -> Iterator[Story]:
        for story in self._stories:
            if story.reference not in self._known.told_before and story.referred_at < self._end:
                yield story

    def _holds(self, at: datetime) -> bool:
        return self._begin <= at < self._end

    def _id(self, story: Story, name: str) -> str:
        return self._known.ids[story.reference][name]

    def _remember(self, story: Story, name: str, body: Mapping[str, Any]) -> None:
        self._known.ids[story.reference][name] = body["id"]
        self._known.versions[story.reference, name] = body["version"]

    def _status(self, story: Story, at: datetime, status: str, reason: str | None) -> Item:
        return {
            "key": f"{story.reference}-{status}",
            "referral_id": self._id(story, "referral"),
            "status": status,
            "reason": reason,
            **_times(at),
        }


def chapters(
    stories: Sequence[Story], workers: Mapping[tuple[str, str], str], known: Known, days: int
) -> Iterator[Chapter]:
    """One network's stories, so many days at a time, until nothing more happens."""
    begin = min(story.referred_at for story in stories)
    last = max(story.last_moment for story in stories)
    while begin <= last:
        end = begin + timedelta(days=days)
        yield Chapter(stories, (begin, end), known, workers)
        begin = end


def _referral(story: Story) -> Item:
    person = story.person
    return {
        "key": story.reference,
        "reference": story.reference,
        "practice_code": story.practice.code,
        "referrer_code": story.practice.code,
        "route": story.route,
        "needs": list(story.needs),
        "urgency": story.urgency,
        "messages_consented": story.messages_consented,
        "safe_channel": "email" if story.messages_consented else "none",
        "person": {
            "nhs_number": person.nhs_number,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "birth_date": person.birth_date.isoformat(),
            "sex": person.sex,
            "gender": person.gender,
            "ethnicity_category": person.ethnicity_category,
            "deprivation_decile": person.deprivation_decile,
            "language": person.language,
            "interpreter_needed": person.interpreter_needed,
            "access_needs": list(person.access_needs),
            "preferred_channel": person.preferred_channel,
            "contact_days": list(person.contact_days),
            "contact_from": person.contact_from,
            "contact_until": person.contact_until,
            "leave_no_message": person.leave_no_message,
            "neutral_sender": person.neutral_sender,
            "postcode": person.postcode,
            "email": person.email,
            "phone": person.phone,
        },
        **_times(story.referred_at),
    }


def _times(at: datetime) -> Item:
    """When it happened, and that it became known at once."""
    return {"occurred_at": at.isoformat(), "recorded_at": at.isoformat()}
