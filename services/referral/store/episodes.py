"""Episodes and what hangs on them: locked as one aggregate, written in one statement a use case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from asyncpg import Record, UniqueViolationError

from chassis.database import Connection
from chassis.sql import Queries
from services.referral.domain.episodes import Episode, Goal, Referral, ReferralStatus
from services.referral.domain.people import Person
from services.referral.domain.refusals import PersonDetailsDiffer
from services.referral.domain.waiting import Pressing, Wait
from services.referral.store.people import as_rows, person_row
from services.referral.store.rules import pressing_row, wait_row

_SQL: Final = Queries("services.referral")
_NUMBER_TAKEN: Final = "person_nhs_number_is_known_once"


@dataclass(frozen=True, slots=True)
class ReferralMade:
    """A referral as its sender was, or is again, told of it."""

    id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    referrer_code: str
    status: ReferralStatus
    opened_episode: bool
    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class MadeBefore:
    """A referral found by what makes imports repeatable."""

    made: ReferralMade
    reference: str | None
    fingerprint: str | None


@dataclass(frozen=True, slots=True)
class Sender:
    """By what a referral could have been made before."""

    pcn_code: str
    referrer_code: str
    reference: str | None
    fingerprint: str | None


class ReferralName(NamedTuple):
    """What a referral can be known by outside: who referred, and their reference."""

    referrer_code: str
    reference: str


class GoalName(NamedTuple):
    """What a goal can be known by outside: its referral's name, and its own reference."""

    referrer_code: str
    referral_reference: str
    reference: str


async def lock_open_episodes(
    connection: Connection, person_ids: Sequence[UUID]
) -> dict[UUID, Episode]:
    """Lock the open episodes of these people and of the records merged into theirs, by person."""
    rows = await connection.fetch(_SQL["lock_open_episodes"], list(person_ids))
    return {row["whose"]: episode_of(row) for row in rows}


async def lock_episodes_of_referrals(
    connection: Connection, referral_ids: Sequence[UUID]
) -> dict[UUID, Episode]:
    """Lock the episodes of these referrals, by id."""
    rows = await connection.fetch(_SQL["lock_episodes_of_referrals"], list(referral_ids))
    return {row["id"]: episode_of(row) for row in rows}


async def lock_episodes_of_goals(
    connection: Connection, goal_ids: Sequence[UUID]
) -> dict[UUID, Episode]:
    """Lock the episodes of these goals, by id."""
    rows = await connection.fetch(_SQL["lock_episodes_of_goals"], list(goal_ids))
    return {row["id"]: episode_of(row) for row in rows}


async def load_referrals(
    connection: Connection, referral_ids: Sequence[UUID]
) -> dict[UUID, Referral]:
    """Read referrals whose episodes are locked."""
    rows = await connection.fetch(_SQL["load_referrals"], list(referral_ids))
    return {row["id"]: Referral(**dict(row)) for row in rows}


async def load_goals(connection: Connection, goal_ids: Sequence[UUID]) -> dict[UUID, Goal]:
    """Read goals whose episodes are locked."""
    rows = await connection.fetch(_SQL["load_goals"], list(goal_ids))
    return {row["id"]: Goal(**dict(row)) for row in rows}


async def load_goal_references(
    connection: Connection, wanted: Sequence[tuple[UUID, str]]
) -> set[tuple[UUID, str]]:
    """Find which of these references goals of these referrals have; their episodes are locked."""
    if not wanted:
        return set()
    rows = await connection.fetch(
        _SQL["load_goal_references"],
        [referral_id for referral_id, _ in wanted],
        [reference for _, reference in wanted],
    )
    return {(row["referral_id"], row["reference"]) for row in rows}


async def find_named_referrals(
    connection: Connection, pcn_codes: Sequence[str], names: Sequence[ReferralName]
) -> list[tuple[ReferralName, UUID]]:
    """Find the ids of the referrals these networks know by these names."""
    if not names:
        return []
    rows = await connection.fetch(
        _SQL["find_named_referrals"],
        list(pcn_codes),
        [name.referrer_code for name in names],
        [name.reference for name in names],
    )
    return [(ReferralName(row["referrer_code"], row["reference"]), row["id"]) for row in rows]


async def find_named_goals(
    connection: Connection, pcn_codes: Sequence[str], names: Sequence[GoalName]
) -> list[tuple[GoalName, UUID]]:
    """Find the ids of the goals these networks know by these names."""
    if not names:
        return []
    rows = await connection.fetch(
        _SQL["find_named_goals"],
        list(pcn_codes),
        [name.referrer_code for name in names],
        [name.referral_reference for name in names],
        [name.reference for name in names],
    )
    return [
        (GoalName(row["referrer_code"], row["referral_reference"], row["reference"]), row["id"])
        for row in rows
    ]


async def load_referrals_made_before(
    connection: Connection, senders: Sequence[Sender]
) -> list[MadeBefore]:
    """Find the referrals that these references and fingerprints made."""
    rows = await connection.fetch(
        _SQL["load_referrals_made_before"],
        [sender.pcn_code for sender in senders],
        [sender.referrer_code for sender in senders],
        [sender.reference for sender in senders],
        [sender.fingerprint for sender in senders],
    )
    return [_made_before(row) for row in rows]


async def write_intake(
    connection: Connection,
    *,
    entered: Sequence[tuple[Person, datetime]] = (),
    amended: Sequence[Person] = (),
    opened: Sequence[Episode] = (),
    joined: Sequence[Episode] = (),
    referrals: Sequence[Mapping[str, Any]] = (),
    waits: Sequence[Wait] = (),
    pressed: Mapping[UUID, Pressing] | None = None,
    late_after: datetime | None = None,
) -> None:
    """Store people, with the time they became known, and referrals with their episodes.

    Each new episode waits for its first contact; of the joined ones, what presses more is kept.
    """
    known_at = as_rows([{**person_row(person), "recorded_at": at} for person, at in entered])
    new_episodes, waiting = episode_rows(opened), as_rows([wait_row(wait) for wait in waits])
    try:
        if not (amended or joined or pressed):
            # What only adds, as most do, need not begin what would change something.
            await connection.execute(
                _SQL["write_new_intake"],
                known_at,
                new_episodes,
                as_rows(referrals),
                waiting,
                late_after,
            )
            return
        await connection.execute(
            _SQL["write_intake"],
            known_at,
            as_rows([person_row(person) for person in amended]),
            new_episodes,
            episode_rows(joined),
            as_rows(referrals),
            [person.id for person in amended],
            _ids(joined),
            waiting,
            as_rows([pressing_row(*one) for one in (pressed or {}).items()]),
            late_after,
        )
    except UniqueViolationError as fault:
        if fault.constraint_name != _NUMBER_TAKEN:
            raise
        raise PersonDetailsDiffer(
            "Somebody else is on record with this NHS number.", "/nhs_number"
        ) from None


async def write_statuses(
    connection: Connection,
    *,
    episodes: Sequence[Episode],
    referrals: Sequence[Mapping[str, Any]],
    steps: Sequence[Mapping[str, Any]],
) -> None:
    """Move referrals on."""
    await connection.execute(
        _SQL["write_statuses"],
        episode_rows(episodes),
        as_rows(referrals),
        as_rows(steps),
        _ids(episodes),
        [referral["id"] for referral in referrals],
    )


async def write_episodes(connection: Connection, episodes: Sequence[Episode]) -> None:
    """Store what changed of episodes."""
    await connection.execute(_SQL["write_episodes"], episode_rows(episodes), _ids(episodes))


async def write_goals(
    connection: Connection, *, episodes: Sequence[Episode], goals: Sequence[Mapping[str, Any]]
) -> None:
    """Store goals."""
    await connection.execute(
        _SQL["write_goals"], episode_rows(episodes), as_rows(goals), _ids(episodes)
    )


def episode_rows(episodes: Sequence[Episode]) -> str:
    """Give episodes as the statements that store them take them."""
    return as_rows(
        [
            {
                "id": episode.id,
                "pcn_code": episode.pcn_code,
                "person_id": episode.person_id,
                "opened_at": episode.opened_at,
                "closed_at": episode.closed_at,
                "worker_id": episode.worker_id,
                "open_referrals": episode.open_referrals,
                "contact_count": episode.contact_count,
                "version": episode.version,
            }
            for episode in episodes
        ]
    )


def _ids(episodes: Sequence[Episode]) -> list[UUID]:
    return [episode.id for episode in episodes]


def episode_of(row: Record) -> Episode:
    """Read an episode from a row that holds all of it."""
    return Episode(
        id=row["id"],
        person_id=row["person_id"],
        pcn_code=row["pcn_code"],
        opened_at=row["opened_at"],
        worker_id=row["worker_id"],
        open_referrals=row["open_referrals"],
        contact_count=row["contact_count"],
        version=row["version"],
        closed_at=row["closed_at"],
    )


def _made_before(row: Record) -> MadeBefore:
    fields = dict(row)
    reference = fields.pop("practice_reference")
    fingerprint = fields.pop("import_fingerprint")
    return MadeBefore(ReferralMade(**fields), reference, fingerprint)
