"""Onward referrals: a person sent on to a listing, and what became of it.

While one is open somebody holds it: the worker, the provider of the listing, or the person. It has
ended with ``onward-referral-attended``, ``onward-referral-ended`` or an answer that is ``refused``,
and in no other way: that nobody answered is told by ``onward-referral-nudge-due`` and ends nothing.
"""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts import codes, fields
from contracts.event import EventData

OnwardReferralId = Annotated[
    UUID,
    Field(
        description="One person sent on to one listing.",
        examples=[UUID("01980000-0000-7000-8000-0000000000e7")],
    ),
]
PlacementFailureId = Annotated[
    UUID,
    Field(
        description="One try to place a person that failed.",
        examples=[UUID("01980000-0000-7000-8000-0000000000e8")],
    ),
]
Holder = Annotated[
    codes.OnwardParty, Field(description="Who has the next move now.", examples=["provider"])
]
HolderIfOpen = Annotated[
    codes.OnwardParty | None,
    Field(description="Who has the next move now; null where it has ended.", examples=["person"]),
]
Stage = Annotated[codes.OnwardStage, Field(description="Where it stands now.", examples=["sent"])]
StageAnswered = Annotated[
    codes.OnwardStage, Field(description="Where it stands now.", examples=["accepted"])
]
StageBefore = Annotated[
    codes.OnwardStage, Field(description="Where it stood before.", examples=["accepted"])
]
Answer = Annotated[
    codes.OnwardAnswer, Field(description="What the provider said.", examples=["accepted"])
]
ToldBy = Annotated[
    codes.OnwardParty,
    Field(
        description="Whose word it is; a worker also enters what others told them.",
        examples=["provider"],
    ),
]
Reason = Annotated[
    codes.OnwardReason | None, Field(description="Why, where it is known.", examples=[None])
]
Ending = Annotated[
    codes.OnwardEnding, Field(description="What became of it.", examples=["declined-by-person"])
]
EndingIfRefused = Annotated[
    codes.OnwardEnding | None,
    Field(description="Set where the answer ended it.", examples=[None]),
]
FullUntil = Annotated[
    date | None, Field(description="No place before this day, if it is full.", examples=[None])
]
SentAt = Annotated[
    AwareDatetime,
    Field(description="When it was sent to the provider.", examples=["2026-03-16T10:00:00Z"]),
]
SentAtIfSent = Annotated[
    AwareDatetime | None,
    Field(
        description="When it was sent to the provider; null for a draft.",
        examples=["2026-03-16T10:00:00Z"],
    ),
]
SharesContact = Annotated[
    bool,
    Field(
        description="True where the person agreed that the provider learns who they are.",
        examples=[True],
    ),
]
FirstTime = Annotated[
    bool,
    Field(description="True where the provider had told nothing of it before.", examples=[True]),
]
NudgeNumber = Annotated[
    int,
    Field(ge=1, le=100, description="Counted since the ball came to who had it.", examples=[1]),
]
AgeDays = Annotated[
    int,
    Field(ge=0, le=100_000, description="Whole days since it was written or sent.", examples=[10]),
]
Nudged = Annotated[
    codes.OnwardParty, Field(description="Who is to be reminded.", examples=["provider"])
]
Silent = Annotated[
    codes.OnwardParty | None,
    Field(description="Whose silence it is; null where none is waited for.", examples=["provider"]),
]
PlacementFailureReason = Annotated[
    codes.PlacementFailure, Field(description="What stood in the way.", examples=["full"])
]


_Rung = Annotated[int, Field(ge=1, le=60)]
ProviderRungs = Annotated[
    list[_Rung],
    Field(
        min_length=1,
        max_length=5,
        description="Working days after which a provider is nudged; the last moves the ball.",
        examples=[[3, 7, 10]],
    ),
]
PersonRungs = Annotated[
    list[_Rung],
    Field(
        min_length=1,
        max_length=5,
        description="Working days after which a person is nudged; the last moves the ball.",
        examples=[[10, 20]],
    ),
]
WorkerRungs = Annotated[
    list[_Rung],
    Field(
        min_length=1,
        max_length=5,
        description="Working days after which a worker is nudged.",
        examples=[[2, 5, 10]],
    ),
]


class _OfOnwardReferral(EventData):
    """What every event of one onward referral says first."""

    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    onward_referral_id: OnwardReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    listing_id: fields.ListingId
    organization_id: fields.OrganizationId


class OnwardReferralDrafted(_OfOnwardReferral):
    """An onward referral was written and not sent yet."""

    type: ClassVar[str] = "waymark.onward-referral-drafted.v1"

    referral_id: fields.ReferralId
    need: fields.Need
    worker_id: fields.WorkerId | None


class OnwardReferralSent(_OfOnwardReferral):
    """A person was sent on to a listing: its provider has the next move."""

    type: ClassVar[str] = "waymark.onward-referral-sent.v1"

    referral_id: fields.ReferralId
    need: fields.Need
    worker_id: fields.WorkerId | None
    shares_contact: SharesContact
    referred_at: fields.ReferredAt


class OnwardReferralAnswered(_OfOnwardReferral):
    """The provider said something that is neither a beginning nor an attendance."""

    type: ClassVar[str] = "waymark.onward-referral-answered.v1"

    need: fields.Need
    answer: Answer
    reason: Reason
    full_until: FullUntil
    told_by: ToldBy
    first_word: FirstTime
    stage: StageAnswered
    holder: HolderIfOpen
    ending: EndingIfRefused
    sent_at: SentAt


class OnwardReferralStarted(_OfOnwardReferral):
    """The person has begun, which is a step on the way and no ending."""

    type: ClassVar[str] = "waymark.onward-referral-started.v1"

    need: fields.Need
    told_by: ToldBy
    first_word: FirstTime
    sent_at: SentAt


class OnwardReferralAttended(_OfOnwardReferral):
    """The person got there: the loop is closed."""

    type: ClassVar[str] = "waymark.onward-referral-attended.v1"

    need: fields.Need
    told_by: ToldBy
    first_word: FirstTime
    sent_at: SentAt
    referred_at: fields.ReferredAt


class OnwardReferralEnded(_OfOnwardReferral):
    """It ended without the person getting there, or what was entered in error was taken back."""

    type: ClassVar[str] = "waymark.onward-referral-ended.v1"

    need: fields.Need
    ending: Ending
    reason: Reason
    stage_before: StageBefore
    told_by: ToldBy
    sent_at: SentAtIfSent


class OnwardReferralPassedOn(_OfOnwardReferral):
    """The worker spoke with somebody, who has the next move again."""

    type: ClassVar[str] = "waymark.onward-referral-passed-on.v1"

    stage: Stage
    holder: Holder
    sent_at: SentAt


class OnwardReferralNudgeDue(_OfOnwardReferral):
    """Who has the next move has not made it: they are to be reminded. Nothing has ended."""

    type: ClassVar[str] = "waymark.onward-referral-nudge-due.v1"

    nudged: Nudged
    silent: Silent
    nudge_number: NudgeNumber
    age_days: AgeDays
    stage: Stage
    holder: Holder
    worker_id: fields.WorkerId | None
    sent_at: SentAtIfSent


class OnwardReferralListingGone(_OfOnwardReferral):
    """The listing was withdrawn while somebody was on the way there: the worker has the ball."""

    type: ClassVar[str] = "waymark.onward-referral-listing-gone.v1"

    stage: Stage
    worker_id: fields.WorkerId | None
    sent_at: SentAtIfSent


class OnwardReferralListingBack(_OfOnwardReferral):
    """The listing was published again: whoever has the next move keeps it."""

    type: ClassVar[str] = "waymark.onward-referral-listing-back.v1"

    stage: Stage
    holder: Holder
    worker_id: fields.WorkerId | None
    sent_at: SentAtIfSent


class PlacementFailed(EventData):
    """Nothing was found for a need, or what was found could not take the person."""

    type: ClassVar[str] = "waymark.placement-failed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    placement_failure_id: PlacementFailureId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    need: fields.Need
    reason: PlacementFailureReason
    listing_id: fields.ListingId | None


class OnwardLadderSet(EventData):
    """A network said after how many working days whoever has the next move is nudged."""

    type: ClassVar[str] = "waymark.onward-ladder-set.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "onward-ladder"

    pcn_code: fields.PcnCode
    provider: ProviderRungs
    person: PersonRungs
    worker: WorkerRungs
