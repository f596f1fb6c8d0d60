"""Two records of one person: when they may become one, and how they become two again.

Promise    A merge moves nothing: the merged record, its episodes and its history stay where they
           are, and the kept record speaks for it. So undoing it restores what was, exactly.
           One person has at most one open episode: where both records have one, the merged one's
           is closed as a duplicate, and undoing reopens it with every referral where it stood.
Price      What is recorded between a merge and its undoing stays on the episode it was recorded
           on. Merges into one record are undone in turn, the latest first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.referral.domain.episodes import CLOCK_LEEWAY_SECONDS, ReferralStatus
from services.referral.domain.people import Person
from services.referral.domain.refusals import Refused


class MergeOfOne(Refused):
    """A record cannot be merged into itself."""

    name = "merge-of-one"


class PersonMergedAlready(Refused):
    """One of the two records is spoken for by another already."""

    name = "person-merged-already"
    conflicts = True


class PersonHoldsMergedRecords(Refused):
    """The record to be merged speaks for others itself."""

    name = "person-holds-merged-records"
    conflicts = True


class NhsNumbersDiffer(Refused):
    """Two NHS numbers are mostly two people."""

    name = "nhs-numbers-differ"
    conflicts = True


class DeathRecordedOnOne(Refused):
    """One record says that the person died and the other does not."""

    name = "death-recorded-on-one"
    conflicts = True


class PersonMerged(Refused):
    """Another record speaks for this one, so what is new is written there."""

    name = "person-merged"
    conflicts = True

    @classmethod
    def into(cls, kept_person_id: UUID | None) -> "PersonMerged":
        """Name the record that speaks, to whoever may see it."""
        there = f": {kept_person_id}" if kept_person_id else ", which you may not see"
        return cls(f"This record was merged into another one{there}. Write it there.")


class MergeUndone(Refused):
    """The merge was undone before."""

    name = "merge-undone"
    conflicts = True


class LaterMergeStands(Refused):
    """Another record was merged into the same one since."""

    name = "later-merge-stands"
    conflicts = True


class OccurredBeforeMerge(Refused):
    """The undoing of a merge from before it was made."""

    name = "occurred-before-merge"


@dataclass(slots=True)
class Merge:
    """One record speaking for another, with what it takes to undo it."""

    id: UUID
    pcn_code: str
    kept_person_id: UUID
    merged_person_id: UUID
    closed_episode_id: UUID | None
    closed: tuple[tuple[UUID, ReferralStatus], ...]
    version: int = 1
    is_undone: bool = False


def merge(
    merge_id: UUID,
    kept: Person,
    merged: Person,
    *,
    merged_speaks_for_others: bool,
    numbers_checked: bool,
) -> Merge:
    """Let one record speak for another from now on."""
    if kept.id == merged.id:
        raise MergeOfOne("Name two records.", "/person_id")
    for person in (kept, merged):
        if person.merged_into is not None:
            raise PersonMergedAlready(
                "One of these records is merged into another already. Read it again."
            )
    if merged_speaks_for_others:
        raise PersonHoldsMergedRecords(
            "Other records are merged into this one. Merge the other way round, or undo them."
        )
    numbers = {kept.details.nhs_number, merged.details.nhs_number} - {None}
    if len(numbers) > 1 and not numbers_checked:
        raise NhsNumbersDiffer(
            "These records have different NHS numbers. Check that they are one person's.",
            "/numbers_checked",
        )
    if kept.deceased != merged.deceased:
        raise DeathRecordedOnOne("Only one of these records says that the person died.")
    merged.merged_into = kept.id
    kept.next_version()
    return Merge(merge_id, kept.pcn_code, kept.id, merged.id, None, ())


def undo(made: Merge, kept: Person, merged: Person, *, latest_merge_id: UUID) -> None:
    """Let both records speak for themselves again."""
    if made.is_undone:
        raise MergeUndone("This merge was undone before.")
    if latest_merge_id != made.id:
        raise LaterMergeStands("Another record was merged into this one since. Undo that first.")
    made.is_undone = True
    made.version += 1
    merged.merged_into = None
    kept.next_version()


def check_undone_after(undone_at: datetime, merged_at: datetime) -> None:
    """A merge is undone after it was made, to a minute."""
    if undone_at < merged_at - timedelta(seconds=CLOCK_LEEWAY_SECONDS):
        raise OccurredBeforeMerge("This is before the records were merged.", "/occurred_at")
