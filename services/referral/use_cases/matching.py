"""Two records of one person merged, and unmerged again.

Promise    Both people's rows are locked, in the order of their ids, before anything is decided; the
           merge, what it closed and their events commit together. Undoing restores what was.
Not here   The rules (``domain.merging``) and how alike two records are (``domain.matching``).
"""

from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.access.audit import Opened, record_access
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import NewEvent
from chassis.refusals import NothingFound
from services.referral.acting import Acting, Done, Outcome, refusal_of
from services.referral.commands import Timed, happened_at
from services.referral.commands.matching import MergeUndoing, NewMerge
from services.referral.domain import merging
from services.referral.domain.episodes import Episode, Referral, ReferralStatus, check_happened
from services.referral.domain.merging import Merge
from services.referral.domain.people import Person
from services.referral.domain.refusals import Refused
from services.referral.published import Moment
from services.referral.published import matching as published
from services.referral.store import episodes as episode_store
from services.referral.store import matching as store
from services.referral.store import people
from services.referral.use_cases.ending import close_referrals, reopen_referrals
from services.referral.use_cases.falling_due import falls_due_again
from services.referral.use_cases.waits_together import look_again_since_when


async def merge_people(
    connection: Connection, acting: Acting, kept_id: UUID, asked: NewMerge
) -> Outcome:
    """Let one record of a network speak for another of it."""
    try:
        moment = moment_of(acting, asked)
        merged_id = asked.person_id
        if asked.nhs_number is not None:
            merged_id = await store.numbered_beside(connection, kept_id, asked.nhs_number)
        if merged_id is None:
            raise NothingFound
        kept, merged = await _lock_both(connection, kept_id, merged_id)
        episodes = await episode_store.lock_open_episodes(connection, [kept.id, merged.id])
        for episode in episodes.values():
            acting.check_may_open(episode)
        made = merging.merge(
            new_id(),
            kept,
            merged,
            merged_speaks_for_others=await store.speaks_for_others(connection, merged.id),
            numbers_checked=asked.numbers_checked,
        )
        if kept.id in episodes and merged.id in episodes:
            # It ends as a duplicate, which cannot be before it began.
            episodes[merged.id].check_began_before(moment.occurred_at)
    except Refused as refused:
        return refusal_of(refused)
    event_id = new_id()
    closing = await _close_duplicate(connection, made, episodes, moment)
    await episode_store.write_intake(connection, amended=[kept])
    await store.write_merge(
        connection,
        made,
        reason=asked.reason,
        event_id=event_id,
        occurred_at=moment.occurred_at,
        recorded_at=moment.recorded_at,
    )
    await _look_again(connection, episodes.get(kept.id), made)
    told = published.person_merged(made, kept, asked.reason, event_id=event_id, moment=moment)
    await _audit(connection, acting, "person.merge", made)
    await outbox.record(connection, [told, *closing])
    return Done(201, _answer(made, asked.reason, moment, event_id), made.version)


async def undo_merge(
    connection: Connection, acting: Acting, merge_id: UUID, asked: MergeUndoing
) -> Outcome:
    """Let both records speak for themselves, as they stood."""
    try:
        moment = moment_of(acting, asked)
        found = await _find(connection, merge_id)
        kept, merged = await _lock_both(
            connection, found.merge.kept_person_id, found.merge.merged_person_id
        )
        # Read again: somebody may have undone it while the people were waited for.
        found = await _find(connection, merge_id)
        made = found.merge
        episodes = await episode_store.lock_open_episodes(connection, [kept.id])
        for episode in episodes.values():
            acting.check_may_open(episode)
        latest = await store.latest_merge(connection, kept.id)
        merging.check_undone_after(moment.occurred_at, found.row["occurred_at"])
        merging.undo(made, kept, merged, latest_merge_id=latest or made.id)
    except Refused as refused:
        return refusal_of(refused)
    event_id = new_id()
    await store.undo_merge(connection, made, undone_at=moment.occurred_at)
    await episode_store.write_intake(connection, amended=[kept])
    reopening = await _reopen_duplicate(connection, made, moment)
    again = await episode_store.lock_open_episodes(connection, [merged.id])
    await falls_due_again(connection, list(again.values()))
    await _look_again(connection, episodes.get(kept.id), made)
    told = published.person_unmerged(made, kept, event_id=event_id, moment=moment)
    await _audit(connection, acting, "person.unmerge", made)
    await outbox.record(connection, [told, *reopening])
    body = _answer(made, found.row["reason"], moment, event_id, undone=True)
    return Done(200, body, made.version)


def moment_of(acting: Acting, asked: Timed) -> Moment:
    """When it happened and became known; what has not happened yet is refused."""
    acting.check_form(recorded_at=asked.recorded_at)
    moment = Moment(*happened_at(asked, acting.now), acting.origin)
    check_happened(moment.occurred_at, moment.recorded_at)
    return moment


async def _find(connection: Connection, merge_id: UUID) -> store.MergeMade:
    found = await store.load_merge(connection, merge_id)
    if found is None:
        raise NothingFound
    return found


async def _lock_both(
    connection: Connection, kept_id: UUID, merged_id: UUID
) -> tuple[Person, Person]:
    """Lock two records of one network, each as itself."""
    rows = await people.lock_people(connection, ids=[kept_id, merged_id], like=())
    found = {one.id: one for one in rows}
    kept, merged = found.get(kept_id), found.get(merged_id)
    if kept is None or merged is None or kept.pcn_code != merged.pcn_code:
        raise NothingFound
    return kept, merged


async def _close_duplicate(
    connection: Connection, made: Merge, episodes: dict[UUID, Episode], moment: Moment
) -> list[NewEvent]:
    """Close the merged record's open episode where the kept one has one as well."""
    duplicate = episodes.get(made.merged_person_id)
    if duplicate is None or made.kept_person_id not in episodes:
        return []
    referrals = await store.load_open_referrals(connection, duplicate.id)
    made.closed_episode_id = duplicate.id
    made.closed = tuple((one.id, one.status) for one in referrals)
    return await close_referrals(connection, duplicate, referrals, "duplicate", moment)


async def _reopen_duplicate(connection: Connection, made: Merge, moment: Moment) -> list[NewEvent]:
    if made.closed_episode_id is None:
        return []
    episodes = await store.lock_episodes(connection, [made.closed_episode_id])
    known = await episode_store.load_referrals(connection, [one for one, _ in made.closed])
    stood: list[tuple[Referral, ReferralStatus]] = [
        (known[one], status) for one, status in made.closed
    ]
    return await reopen_referrals(connection, episodes[made.closed_episode_id], stood, moment)


async def _look_again(connection: Connection, kept: Episode | None, made: Merge) -> None:
    """Whoever waited longer on the record that does not speak loses no day by the merge."""
    if kept is not None and made.closed_episode_id is not None:
        await look_again_since_when(connection, kept.id)


async def _audit(connection: Connection, acting: Acting, action: str, made: Merge) -> None:
    opened = [
        Opened(subject=f"person/{one}", pcn_code=made.pcn_code, person_id=one)
        for one in (made.kept_person_id, made.merged_person_id)
    ]
    await record_access(connection, acting.caller, action, opened, reason=acting.reason)


def _answer(
    made: Merge, reason: str, moment: Moment, event_id: UUID, *, undone: bool = False
) -> dict[str, Any]:
    return {
        "id": made.id,
        "pcn_code": made.pcn_code,
        "person_id": made.kept_person_id,
        "merged_person_id": made.merged_person_id,
        "reason": reason,
        "closed_episode_id": made.closed_episode_id,
        "undone_at": moment.occurred_at if undone else None,
        "version": made.version,
        "event_id": event_id,
        "occurred_at": moment.occurred_at,
        "recorded_at": moment.recorded_at,
    }
