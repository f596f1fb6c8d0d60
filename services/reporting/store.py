"""Storing what a batch changes: whole sets at a time, in the consumer's transaction.

Promise    All of a batch or nothing of it. A change to what its stream does not hold is refused,
           and with it the batch, so the chassis can find and quarantine the event.
Price      A few statements per batch whatever its size; a batch of one costs about as much as one
           of a hundred.
Not here   Positions and retries: ``chassis.stream``.
"""

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final

from chassis.database import Connection
from chassis.sql import Queries
from chassis.stream import EventRefused
from services.reporting.rows import (
    COHORT_MEMBER_COLUMNS,
    CONTACT_COLUMNS,
    EPISODE_COLUMNS,
    GOAL_COLUMNS,
    REFERRAL_COLUMNS,
    Activity,
    Delta,
    Key,
    PlaceChange,
    PracticeDay,
    Rows,
)

_SQL: Final = Queries("services.reporting")


class UnknownEpisode(EventRefused):
    """An event speaks of an episode that its stream never opened."""

    def __init__(self) -> None:
        super().__init__("its stream never opened the episode it speaks of")


class NothingToChange(EventRefused):
    """An event changes what its stream does not hold, or to a version it has passed."""

    def __init__(self) -> None:
        super().__init__("its stream holds nothing that it could change")


async def store(connection: Connection, rows: Rows) -> None:
    """Make every change of one batch in the caller's transaction."""
    await _refuse_unknown_episodes(connection, rows.earlier_episodes)
    # What fell makes room for what stands in its place under the same number.
    await _let_fall(connection, rows)
    await _add_facts(connection, rows)
    await _change_facts(connection, rows)
    await _raise_activity(connection, rows.activity)
    await _raise(connection, "raise_referral_counts", rows.referral_counts)
    await _raise(connection, "raise_wait_counts", rows.wait_counts)
    await _raise(connection, "raise_message_counts", rows.message_counts)
    await _merge_people(connection, rows)
    await _place(connection, rows)


async def _refuse_unknown_episodes(connection: Connection, episodes: Iterable[Key]) -> None:
    streams, ids = _columns(episodes, 2)
    if not ids:
        return
    if await connection.fetchval(_SQL["count_missing_episodes"], streams, ids):
        raise UnknownEpisode


async def _add_facts(connection: Connection, rows: Rows) -> None:
    referrals = [
        (*columns, standing.status, standing.reason, standing.version)
        for columns, standing in rows.referrals.values()
    ]
    goals = [
        (*columns, standing.status, standing.changes, standing.version)
        for columns, standing in rows.goals.values()
    ]
    in_cohorts = [
        (*columns, standing.status, standing.version)
        for columns, standing in rows.cohort_members.values()
    ]
    for table, columns, records in (
        ("episode_fact", EPISODE_COLUMNS, list(rows.episodes.values())),
        ("referral_fact", REFERRAL_COLUMNS, referrals),
        ("contact_fact", CONTACT_COLUMNS, list(rows.contacts.values())),
        ("goal_fact", GOAL_COLUMNS, goals),
        ("cohort_member_fact", COHORT_MEMBER_COLUMNS, in_cohorts),
    ):
        if records:
            await connection.copy_records_to_table(table, records=records, columns=columns)


async def _let_fall(connection: Connection, rows: Rows) -> None:
    if rows.fallen_contacts:
        fallen = sorted(rows.fallen_contacts)
        gone = await connection.execute(_SQL["remove_contacts"], *_columns(fallen, 3))
        if gone != f"DELETE {len(fallen)}":
            raise NothingToChange


async def _change_facts(connection: Connection, rows: Rows) -> None:
    await _change(connection, "change_first_contacts", sorted(rows.first_contacts))
    await _change(
        connection,
        "change_referrals",
        [
            (*key, change.status, change.reason, change.version)
            for key, change in rows.referral_changes.items()
        ],
    )
    await _change(
        connection,
        "change_goals",
        [
            (*key, change.status, change.changes, change.version)
            for key, change in rows.goal_changes.items()
        ],
    )
    await _change(
        connection,
        "change_cohort_members",
        [
            (*key, change.status, change.version)
            for key, change in rows.cohort_member_changes.items()
        ],
    )


async def _change(
    connection: Connection, query: str, changes: Sequence[tuple[object, ...]]
) -> None:
    if not changes:
        return
    changed = await connection.execute(_SQL[query], *_columns(changes, len(changes[0])))
    if changed != f"UPDATE {len(changes)}":
        raise NothingToChange


async def _raise_activity(connection: Connection, activity: dict[PracticeDay, Activity]) -> None:
    if not activity:
        return
    raised = [
        (
            *key,
            done.contacts,
            done.goals_set,
            done.goal_updates,
            done.goals_met,
            done.contacts_missed,
            done.contacts_attempted,
        )
        for key, done in sorted(activity.items(), key=itemgetter(0))
    ]
    await connection.execute(_SQL["raise_activity_counts"], *_columns(raised, len(raised[0])))


async def _raise(connection: Connection, query: str, delta: Delta) -> None:
    if not delta:
        return
    # Every consumer takes the rows it shares with another in the same order.
    keys = sorted(delta)
    await connection.execute(
        _SQL[query], *_columns(keys, len(keys[0])), [delta[key] for key in keys]
    )


async def _merge_people(connection: Connection, rows: Rows) -> None:
    told = [(*key, *who) for key, who in sorted(rows.merged_people.items())]
    if told:
        await connection.execute(_SQL["merge_people"], *_columns(told, 4))


async def _place(connection: Connection, rows: Rows) -> None:
    """Keep the map; the register is small and changes seldom, so one place at a time."""
    for region in rows.regions:
        await connection.execute(_SQL["place_region"], region.code, region.name, region.number)
    for query, places in (("place_pcn", rows.pcns), ("place_practice", rows.practices)):
        if places:
            await connection.executemany(_SQL[query], [_place_values(place) for place in places])


def _place_values(place: PlaceChange) -> tuple[object, ...]:
    return place.code, place.parent_code, place.name, place.from_date, place.number


def _columns(rows: Iterable[Iterable[object]], width: int) -> list[list[object]]:
    """Turn rows into the columns that ``unnest`` takes; no rows give empty columns."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return columns or [[] for _ in range(width)]
