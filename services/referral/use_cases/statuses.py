"""Moving referrals on: accepted, declined by the person, or returned to the referrer.

Price      What an import or a seed tells of the past may be closed here as well, without an outcome:
           whoever knows what came of it says so by a closing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.web.etags import check_version
from services.referral import published
from services.referral.acting import Acting, Done, Outcome
from services.referral.commands import NewStatus
from services.referral.domain.closing import check_ends_so
from services.referral.store import episodes as store
from services.referral.use_cases.casework import Casework, open_referrals
from services.referral.use_cases.coding import restate_codes


@dataclass(frozen=True, slots=True)
class Step:
    """One referral, where it goes next, and the version of it that the caller saw."""

    referral_id: UUID | None
    asked: NewStatus
    expected_version: int | None = None


async def change_statuses(
    connection: Connection, acting: Acting, asked: Sequence[Step]
) -> list[Outcome]:
    """Take each step, in order."""
    casework = await open_referrals(connection, acting, (step.referral_id for step in asked))
    stepping = _Stepping(casework)
    outcomes = casework.decide(asked, stepping.take)
    if casework.rows:
        await store.write_statuses(
            connection,
            episodes=list(casework.changed.values()),
            referrals=list(stepping.moved.values()),
            steps=casework.rows,
        )
    await casework.tell_all(connection, "referral.status")
    await restate_codes(connection, casework)
    return outcomes


@dataclass(frozen=True, slots=True)
class _Stepping:
    casework: Casework
    moved: dict[UUID, dict[str, Any]] = field(default_factory=dict[Any, Any])

    def take(self, step: Step) -> Done:
        """Decide one step."""
        casework, asked = self.casework, step.asked
        casework.acting.check_form(recorded_at=asked.recorded_at)
        referral, episode = casework.referral(step.referral_id)
        if step.expected_version is not None:
            check_version(step.expected_version, referral.version)
        moment = casework.moment(asked, episode)
        check_ends_so(asked.status, is_of_the_past=moment.origin != "live")
        change = episode.change_status(referral, asked.status, moment.occurred_at)
        event_id = new_id()
        fact = {
            "referral_id": referral.id,
            "pcn_code": episode.pcn_code,
            "practice_code": referral.practice_code,
            "previous_status": change.previous_status,
            "status": change.status,
            "reason": asked.reason,
            "better_route": asked.better_route,
            "occurred_at": moment.occurred_at,
            "recorded_at": moment.recorded_at,
        }
        casework.rows.append({**fact, "id": new_id(), "origin": moment.origin})
        self.moved[referral.id] = {
            "id": referral.id,
            "status": referral.status,
            "status_reason": asked.reason,
            "version": referral.version,
        }
        casework.tell(
            episode,
            published.referral_status_changed(
                referral,
                episode,
                change,
                asked.reason,
                event_id=event_id,
                moment=moment,
                better_route=asked.better_route,
            ),
            subject=f"referral/{referral.id}",
        )
        answer = {
            **fact,
            "id": referral.id,
            "episode_id": episode.id,
            "person_id": episode.person_id,
            "closed_episode": change.closed_episode,
            "version": referral.version,
            "event_id": event_id,
        }
        del answer["referral_id"]
        return Done(200, answer, referral.version)
