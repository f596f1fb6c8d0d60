"""A network's stories cut into stretches of time, so that they are told in the order they happened.

A person's second referral must find the first one's episode open or closed as it was then, so
stories are not told one after the other but side by side, four weeks at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from demo.stories import Story

CHAPTER_DAYS: Final = 28
_ENDINGS: Final[Mapping[str, tuple[str, str]]] = {
    "declined": ("declined", "not-wanted"),
    "unreachable": ("returned", "not-reached"),
    "withdrawn": ("closed", "withdrawn"),
    "completed": ("closed", "support-complete"),
}

Item = dict[str, Any]


@dataclass(slots=True)
class _Known:
    """What the services answered so far about a network's stories."""

    referral_ids: dict[str, str] = field(default_factory=dict[str, str])
    goal_ids: dict[str, str] = field(default_factory=dict[str, str])
    told_before: set[str] = field(default_factory=set[str])


class Chapter:
    """What happened to one network's stories between two moments."""

    def __init__(
        self,
        stories: Sequence[Story],
        span: tuple[datetime, datetime],
        known: _Known,
        workers: Mapping[tuple[str, str], str],
    ) -> None:
        self._stories = stories
        self._begin, self._end = span
        self._known = known
        self._workers = workers
        self._new = [story for story in stories if self._holds(story.referred_at)]
        self.referrals = [_referral(story) for story in self._new]
        self._goals: list[str] = []

    def referrals_made(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Remember the ids; a referral that was there before is a story already told."""
        for story, body in zip(self._new, bodies, strict=True):
            self._known.referral_ids[story.reference] = body["id"]
            if body.get("already"):
                self._known.told_before.add(story.reference)

    def accepted(self) -> list[Item]:
        """The referrals whose first contact is now: a worker has taken them on."""
        return [
            self._status(story, story.contacts[0].at - timedelta(minutes=1), "accepted", None)
            for story in self._told()
            if story.contacts and self._holds(story.contacts[0].at)
        ]

    def contacts(self) -> list[Item]:
        """The conversations."""
        return [
            {
                "key": f"{story.reference}-contact-{number}",
                "referral_id": self._known.referral_ids[story.reference],
                "mode": contact.mode,
                "minutes": contact.minutes,
                "role": story.role,
                "worker_id": self._worker(story),
                **_times(contact.at),
            }
            for story in self._told()
            for number, contact in enumerate(story.contacts)
            if self._holds(contact.at)
        ]

    def goals(self) -> list[Item]:
        """The goals set."""
        found = [
            (f"{story.reference}-goal-{number}", story, number, goal)
            for story in self._told()
            for number, goal in enumerate(story.goals)
            if self._holds(goal.at)
        ]
        self._goals = [key for key, _, _, _ in found]
        return [
            {
                "key": key,
                "referral_id": self._known.referral_ids[story.reference],
                "need": goal.need,
                "target_date": goal.target.isoformat(),
                "reference": f"goal-{number + 1}",
                "worker_id": self._worker(story),
                **_times(goal.at),
            }
            for key, story, number, goal in found
        ]

    def goals_made(self, bodies: Sequence[Mapping[str, Any]]) -> None:
        """Remember the goals' ids."""
        for key, body in zip(self._goals, bodies, strict=True):
            self._known.goal_ids[key] = body["id"]

    def goal_updates(self) -> list[Item]:
        """How goals came on."""
        return [
            {
                "key": f"{story.reference}-goal-{number}-{status}",
                "goal_id": self._known.goal_ids[f"{story.reference}-goal-{number}"],
                "status": status,
                **_times(at),
            }
            for story in self._told()
            for number, goal in enumerate(story.goals)
            for at, status in goal.updates
            if self._holds(at)
        ]

    def ended(self) -> list[Item]:
        """The referrals that came to an end."""
        return [
            self._status(story, story.ending[0], *_ENDINGS[story.ending[1]])
            for story in self._told()
            if story.ending and self._holds(story.ending[0])
        ]

    def _told(self) -> Iterator[Story]:
        for story in self._stories:
            if story.reference not in self._known.told_before and story.referred_at < self._end:
                yield story

    def _holds(self, at: datetime) -> bool:
        return self._begin <= at < self._end

    def _worker(self, story: Story) -> str:
        return self._workers[story.practice.pcn_code, story.role]

    def _status(self, story: Story, at: datetime, status: str, reason: str | None) -> Item:
        return {
            "key": f"{story.reference}-{status}",
            "referral_id": self._known.referral_ids[story.reference],
            "status": status,
            "reason": reason,
            **_times(at),
        }


def chapters(stories: Sequence[Story], workers: Mapping[tuple[str, str], str]) -> Iterator[Chapter]:
    """One network's stories, four weeks at a time, until nothing more happens."""
    known = _Known()
    begin = min(story.referred_at for story in stories)
    last = max(map(_last_moment, stories))
    while begin <= last:
        end = begin + timedelta(days=CHAPTER_DAYS)
        yield Chapter(stories, (begin, end), known, workers)
        begin = end


def _last_moment(story: Story) -> datetime:
    moments = [story.referred_at, *(contact.at for contact in story.contacts)]
    moments += [at for goal in story.goals for at in (goal.at, *(at for at, _ in goal.updates))]
    if story.ending:
        moments.append(story.ending[0])
    return max(moments)


def _referral(story: Story) -> Item:
    person = story.person
    return {
        "key": story.reference,
        "reference": story.reference,
        "practice_code": story.practice.code,
        "referrer_code": story.practice.code,
        "route": story.route,
        "needs": list(story.needs),
        "messages_consented": story.messages_consented,
        "safe_channel": "email" if story.messages_consented else "none",
        "person": {
            "nhs_number": person.nhs_number,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "birth_date": person.birth_date.isoformat(),
            "sex": person.sex,
            "ethnicity_category": person.ethnicity_category,
            "deprivation_decile": person.deprivation_decile,
            "language": person.language,
            "postcode": person.postcode,
            "email": person.email,
            "phone": person.phone,
        },
        **_times(story.referred_at),
    }


def _times(at: datetime) -> Item:
    """When it happened, and that it became known at once."""
    return {"occurred_at": at.isoformat(), "recorded_at": at.isoformat()}
