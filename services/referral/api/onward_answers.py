"""What the doors of onward referrals answer, as the interface description tells it."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from contracts import codes
from services.referral.api.answers import Told


class OnwardStepTaken(Told):
    """A step that was taken, and who has the next move now."""

    id: UUID = Field(description="Of the onward referral.")
    listing_id: UUID
    organization_id: UUID
    need: codes.Need
    step: str
    stage: codes.OnwardStage
    holder: codes.OnwardParty | None = Field(description="Who has the next move; null if ended.")
    ending: codes.OnwardEnding | None
    reason: codes.OnwardReason | None
    full_until: date | None
    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class OnwardMoved(OnwardStepTaken):
    """The same, to the network."""

    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str


class Loop(Told):
    """An open onward referral with its age."""

    id: UUID
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    listing_id: UUID
    organization_id: UUID
    need: codes.Need
    worker_id: UUID | None
    stage: codes.OnwardStage
    holder: codes.OnwardParty | None
    held_since: datetime | None
    nudges: int = Field(description="Since the next move came to its holder.")
    silent: codes.OnwardParty | None = Field(description="Who was nudged and has not been heard.")
    listing_gone: bool
    full_until: date | None
    drafted_at: datetime
    sent_at: datetime | None
    age_days: int = Field(description="Since it was sent, or written if it is a draft.")
    held_days: int | None = Field(description="Since the next move came to its holder.")
    version: int


class LoopPage(Told):
    """A page of open onward referrals, the oldest first."""

    items: list[Loop]
    next: str | None


class OnwardListed(Loop):
    """An onward referral of an episode, open or ended."""

    shares_contact: bool
    ending: codes.OnwardEnding | None
    ending_reason: codes.OnwardReason | None
    ended_at: datetime | None
    task_status: str = Field(description="The status of a FHIR Task that stands like it.")


class OnwardPage(Told):
    """A page of an episode's onward referrals, the oldest first."""

    items: list[OnwardListed]
    next: str | None


class StepShown(Told):
    """One step, as it became known."""

    number: int
    step: str
    told_by: codes.OnwardParty | None = Field(description="Null where time or the directory spoke.")
    reason: codes.OnwardReason | None
    full_until: date | None
    passed_to: codes.OnwardParty | None
    note: str | None
    origin: codes.Origin
    occurred_at: datetime
    recorded_at: datetime


class OnwardShown(OnwardListed):
    """An onward referral with everything that became known of it."""

    shared_note: str | None
    unreached: bool
    steps: list[StepShown]


class Ages(Told):
    """How many have been open for how many days."""

    days_0_6: int
    days_7_13: int
    days_14_27: int
    days_28_55: int
    days_56_or_more: int


class LoopCount(Told):
    """The open onward referrals that stand alike."""

    stage: codes.OnwardStage
    holder: codes.OnwardParty
    open: int
    silent: int
    listing_gone: int
    ages: Ages
    oldest_days: int
    held_longest_days: int


class EndingCount(Told):
    """How many came to this."""

    ending: codes.OnwardEnding
    reason: codes.OnwardReason | None
    ended: int


class LoopLedger(Told):
    """Who has the next move in a network, since when, and what it came to.

    That nobody answers is counted as `silent` among the open ones, and is no ending.
    """

    pcn_code: str
    as_of: datetime
    open: int
    silent: int
    listing_gone: int
    loops: list[LoopCount]
    ended_since: datetime
    ended: int
    endings: list[EndingCount]


class OnwardForProvider(Told):
    """What a provider is told of a person who was sent on to it, and no more."""

    id: UUID
    listing_id: UUID
    organization_id: UUID
    need: codes.Need
    stage: codes.OnwardStage
    holder: codes.OnwardParty | None
    full_until: date | None
    ending: codes.OnwardEnding | None
    reason: codes.OnwardReason | None
    shared_note: str | None
    given_name: str | None = Field(description="Where the person agreed to share it.")
    family_name: str | None = Field(description="With the person's consent for this recipient.")
    phone: str | None = Field(description="With the person's consent for this recipient.")
    sent_at: datetime
    version: int


class ProviderPage(Told):
    """A page of what was sent to your listings, the latest first."""

    items: list[OnwardForProvider]
    next: str | None


class PlacementFailureRecorded(Told):
    """A need for which no place was found."""

    id: UUID
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    need: codes.Need
    reason: codes.PlacementFailure
    listing_id: UUID | None
    version: int
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime


class LadderShown(Told):
    """After how many working days each party is nudged."""

    pcn_code: str
    provider: list[int]
    person: list[int]
    worker: list[int]
    version: int = Field(description="0 where the network has set none of its own.")


class LadderWasSet(LadderShown):
    """The ladder that holds from now on."""

    event_id: UUID
