"""What a fold makes of a batch: rows to add, changes to make, sums to raise. Plain data.

Promise    Two batches folded apart and stored one after the other leave the same tables as the
           same events folded in one.
Not here   How they come about (``folds``), how they are stored (``store``).
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Final, TypeAlias
from uuid import UUID

Key: TypeAlias = tuple[str, UUID]
"""A stream and the id of something in it: the same id in another stream is something else."""

ContactKey: TypeAlias = tuple[str, UUID, int]
"""A stream, an episode in it and the number of a contact made in that."""

MemberKey: TypeAlias = tuple[str, UUID, UUID]
"""A stream, a cohort in it and a person of that."""

WAITING: Final = "waiting"
"""How somebody of a cohort stands who has not answered."""

Columns: TypeAlias = tuple[object, ...]
PracticeDay: TypeAlias = tuple[str, str, date, date]
"""Stream, practice, the day it happened, the day it became known."""

Delta: TypeAlias = dict[tuple[str | int | date, ...], int]

REFERRAL_COLUMNS = (
    "stream",
    "referral_id",
    "episode_id",
    "person_id",
    "practice_code",
    "referrer_code",
    "route",
    "needs",
    "urgency",
    "opened_episode",
    "age_band",
    "sex",
    "ethnicity_category",
    "deprivation_decile",
    "language",
    "origin",
    "occurred_at",
    "recorded_at",
    "happened_on",
    "number",
    "status",
    "status_reason",
    "version",
)
EPISODE_COLUMNS = (
    "stream",
    "episode_id",
    "person_id",
    "practice_code",
    "opened_at",
    "number",
    "version",
)
CONTACT_COLUMNS = (
    "stream",
    "contact_id",
    "episode_id",
    "referral_id",
    "practice_code",
    "mode",
    "minutes",
    "role",
    "worker_id",
    "contact_number",
    "origin",
    "occurred_at",
    "recorded_at",
    "happened_on",
    "number",
    "version",
    "is_first",
)
GOAL_COLUMNS = (
    "stream",
    "goal_id",
    "episode_id",
    "referral_id",
    "practice_code",
    "need",
    "target_date",
    "worker_id",
    "origin",
    "occurred_at",
    "recorded_at",
    "happened_on",
    "number",
    "status",
    "updates",
    "version",
)


COHORT_MEMBER_COLUMNS = (
    "stream",
    "cohort_id",
    "person_id",
    "practice_code",
    "happened_on",
    "number",
    "answer",
    "version",
)


@dataclass(slots=True)
class Standing:
    """Where a referral, a goal or somebody of a cohort stands at the end of the batch, and why."""

    status: str
    reason: str | None
    version: int
    changes: int = 0


@dataclass(slots=True)
class Activity:
    """What was done for the people of a practice on one day."""

    contacts: int = 0
    goals_set: int = 0
    goal_updates: int = 0
    goals_met: int = 0
    contacts_missed: int = 0
    contacts_attempted: int = 0


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """A region, PCN or practice as the register names it, from a day on."""

    code: str
    parent_code: str
    name: str
    from_date: date
    number: int


@dataclass(slots=True)
class Rows:
    """Everything one batch changes."""

    referrals: dict[Key, tuple[Columns, Standing]] = field(
        default_factory=dict[Key, tuple[Columns, Standing]]
    )
    episodes: dict[Key, Columns] = field(default_factory=dict[Key, Columns])
    contacts: dict[ContactKey, Columns] = field(default_factory=dict[ContactKey, Columns])
    fallen_contacts: set[ContactKey] = field(default_factory=set[ContactKey])
    """Contacts of earlier batches that do not stand as they did; those that do stand anew."""
    first_contacts: set[ContactKey] = field(default_factory=set[ContactKey])
    """Contacts of earlier batches that are now the first of their episodes."""
    goals: dict[Key, tuple[Columns, Standing]] = field(
        default_factory=dict[Key, tuple[Columns, Standing]]
    )
    cohort_members: dict[MemberKey, tuple[Columns, Standing]] = field(
        default_factory=dict[MemberKey, tuple[Columns, Standing]]
    )
    cohort_member_changes: dict[MemberKey, Standing] = field(
        default_factory=dict[MemberKey, Standing]
    )
    referral_changes: dict[Key, Standing] = field(default_factory=dict[Key, Standing])
    goal_changes: dict[Key, Standing] = field(default_factory=dict[Key, Standing])
    """Changes to what earlier batches made."""

    earlier_episodes: set[Key] = field(default_factory=set[Key])
    """Episodes that events of this batch speak of and that this batch did not open."""

    activity: dict[PracticeDay, Activity] = field(default_factory=dict[PracticeDay, Activity])
    referral_counts: Delta = field(default_factory=Delta)
    wait_counts: Delta = field(default_factory=Delta)
    message_counts: Delta = field(default_factory=Delta)

    merged_people: dict[Key, tuple[UUID | None, int]] = field(
        default_factory=dict[Key, tuple[UUID | None, int]]
    )
    """Who speaks for a merged record, None for itself, and the number that told so."""

    regions: list[PlaceChange] = field(default_factory=list[PlaceChange])
    pcns: list[PlaceChange] = field(default_factory=list[PlaceChange])
    practices: list[PlaceChange] = field(default_factory=list[PlaceChange])
