"""The events every measurement uses: a believable mix over many networks, the same each time.

Per referral: one referral-created, three contact-made, and for two in three a goal-set with one
goal-updated. Ids, versions and numbers are consistent, so a real projection applies them all.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, get_args
from uuid import UUID

from chassis.ids import new_id
from chassis.outbox import NewEvent
from contracts import codes
from contracts.event import EventData
from contracts.referral.v1 import ContactMade, GoalSet, GoalUpdated, ReferralCreated

CONTACTS_A_REFERRAL: Final = 3
GOAL_SHARE: Final = 2 / 3
_START: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
_NEEDS: Final = get_args(codes.Need)
_ROUTES: Final = get_args(codes.Route)


@dataclass(slots=True)
class _Episode:
    episode_id: UUID
    referral_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    opened_at: datetime
    version: int = 0


def pcn_code(index: int) -> str:
    """The code of the network with this index, 0 to 999."""
    return f"U99{index:03d}"


def events(count: int, streams: int, seed: int = 1) -> Iterator[NewEvent]:
    """``count`` events over ``streams`` networks, each network's in an order that applies."""
    draw = random.Random(seed)
    made = 0
    while made < count:
        for event in _episode_events(draw, pcn_code(draw.randrange(streams))):
            yield event
            made += 1
            if made == count:
                return


def _episode_events(draw: random.Random, pcn: str) -> Iterator[NewEvent]:
    opened_at = _START + timedelta(minutes=draw.randrange(200_000))
    practice = f"Y{pcn[1:4]}{draw.randrange(10):02d}"
    episode = _Episode(new_id(), new_id(), new_id(), pcn, practice, opened_at)
    yield _event(episode, opened_at, _referral(draw, episode))
    for number in range(1, CONTACTS_A_REFERRAL + 1):
        at = opened_at + timedelta(days=9 * number)
        yield _event(episode, at, _contact(draw, episode, number))
    if draw.random() < GOAL_SHARE:
        goal_id = new_id()
        yield _event(episode, opened_at + timedelta(days=30), _goal(episode, goal_id))
        yield _event(episode, opened_at + timedelta(days=60), _goal_update(episode, goal_id))


def _event(episode: _Episode, at: datetime, data: EventData) -> NewEvent:
    episode.version += 1
    return NewEvent(
        data=data,
        stream=episode.pcn_code,
        subject=f"episode/{episode.episode_id}",
        aggregate_version=episode.version,
        occurred_at=at,
        recorded_at=at,
        related_subjects=(f"person/{episode.person_id}",),
        origin="seed",
    )


def _referral(draw: random.Random, episode: _Episode) -> ReferralCreated:
    return ReferralCreated(
        referral_id=episode.referral_id,
        episode_id=episode.episode_id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=episode.practice_code,
        referrer_code=episode.practice_code,
        route=draw.choice(_ROUTES),
        needs=[draw.choice(_NEEDS)],
        urgency="routine",
        opened_episode=True,
        age_band="60-74",
        sex="female",
        ethnicity_category="A",
        deprivation_decile=draw.randrange(1, 11),
        language="en",
        messages_consented=False,
        safe_channel="none",
    )


def _contact(draw: random.Random, episode: _Episode, number: int) -> ContactMade:
    return ContactMade(
        contact_id=new_id(),
        referral_id=episode.referral_id,
        episode_id=episode.episode_id,
        person_id=episode.person_id,
        pcn_code=episode.pcn_code,
        practice_code=episode.practice_code,
        mode="phone",
        minutes=draw.choice((15, 30, 45)),
        role="link-worker",
        worker_id=None,
        contact_number=number,
        referred_at=episode.opened_at,
    )


def _goal(episode: _Episode, goal_id: UUID) -> GoalSet:
    return GoalSet(
        goal_id=goal_id,
        referral_id=episode.referral_id,
        episode_id=episode.episode_id,
        pcn_code=episode.pcn_code,
        practice_code=episode.practice_code,
        need="isolation",
        target_date=(episode.opened_at + timedelta(days=90)).date(),
        worker_id=None,
    )


def _goal_update(episode: _Episode, goal_id: UUID) -> GoalUpdated:
    return GoalUpdated(
        goal_id=goal_id,
        referral_id=episode.referral_id,
        episode_id=episode.episode_id,
        pcn_code=episode.pcn_code,
        practice_code=episode.practice_code,
        status="met",
        previous_status="set",
        update_number=1,
    )
