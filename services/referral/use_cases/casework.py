"""What is recorded on an episode: status, contacts, goals. One way to lock, admit and tell.

Promise    Items on one episode are decided in the order of the list, each by itself, under the
           episode's lock; what the caller may not see answers as if it were not there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.outbox import NewEvent
from chassis.refusals import NothingFound, Refusal
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands import Timed, happened_at
from services.referral.domain.episodes import Episode, Goal, Referral, check_happened
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.store import episodes as store

Asked = TypeVar("Asked")


@dataclass(slots=True)
class Casework:
    """The locked episodes one list is about, and what is to be told of them."""

    acting: Acting
    episodes: dict[UUID, Episode]
    referrals: dict[UUID, Referral]
    goals: dict[UUID, Goal] = field(default_factory=dict[Any, Any])
    changed: dict[UUID, Episode] = field(default_factory=dict[Any, Any])
    rows: list[dict[str, Any]] = field(default_factory=list[Any])
    events: list[NewEvent] = field(default_factory=list[Any])
    opened: list[Opened] = field(default_factory=list[Any])

    def referral(self, referral_id: UUID | None) -> tuple[Referral, Episode]:
        """Give a referral and its episode, if the caller may work on them."""
        referral = self.referrals.get(referral_id) if referral_id else None
        if referral is None:
            raise NothingFound
        return referral, self.admitted(referral.episode_id)

    def goal(self, goal_id: UUID | None) -> tuple[Goal, Episode]:
        """Give a goal and its episode, if the caller may work on them."""
        goal = self.goals.get(goal_id) if goal_id else None
        if goal is None:
            raise NothingFound
        return goal, self.admitted(goal.episode_id)

    def admitted(self, episode_id: UUID) -> Episode:
        """Give an episode, if the caller may work on it."""
        episode = self.episodes.get(episode_id)
        if episode is None:
            raise NothingFound
        self.acting.check_may_open(episode)
        return episode

    def moment(self, asked: Timed, episode: Episode) -> Moment:
        """Check when it happened: during the episode, and not later than it became known."""
        moment = Moment(*happened_at(asked, self.acting.now), self.acting.origin)
        check_happened(moment.occurred_at, moment.recorded_at)
        episode.check_began_before(moment.occurred_at)
        return moment

    def tell(self, episode: Episode, event: NewEvent, *, subject: str) -> None:
        """Note what changed, so that it is stored, told and audited together."""
        self.changed[episode.id] = episode
        self.events.append(event)
        self.opened.append(
            Opened(subject=subject, pcn_code=episode.pcn_code, person_id=episode.person_id)
        )

    def decide(self, asked: Iterable[Asked], one: Callable[[Asked], Done]) -> list[Outcome]:
        """Decide the items in order; a refusal is that item's answer and nobody else's."""
        outcomes: list[Outcome] = []
        for item in asked:
            try:
                outcomes.append(one(item))
            except Refusal as refusal:
                outcomes.append(refusal)
            except Refused as refused:
                outcomes.append(refusal_of(refused))
        return outcomes

    async def tell_all(self, connection: Connection, action: str) -> None:
        """Audit and tell what was stored."""
        acting = self.acting
        await record_access(connection, acting.caller, action, self.opened, reason=acting.reason)
        await outbox.record(connection, self.events)


async def open_referrals(
    connection: Connection, acting: Acting, referral_ids: Iterable[UUID | None]
) -> Casework:
    """Lock the episodes of these referrals and read them as they stand."""
    wanted = sorted({one for one in referral_ids if one is not None})
    episodes = await store.lock_episodes_of_referrals(connection, wanted)
    referrals = await store.load_referrals(connection, wanted) if episodes else {}
    return Casework(acting, episodes, referrals)


async def open_goals(
    connection: Connection, acting: Acting, goal_ids: Iterable[UUID | None]
) -> Casework:
    """Lock the episodes of these goals and read them as they stand."""
    wanted = sorted({one for one in goal_ids if one is not None})
    episodes = await store.lock_episodes_of_goals(connection, wanted)
    goals = await store.load_goals(connection, wanted) if episodes else {}
    return Casework(acting, episodes, {}, goals)
