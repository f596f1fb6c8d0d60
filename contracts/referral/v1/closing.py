"""How an episode of support ended, and that one which had ended goes on."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData

ClosingOutcome = Annotated[
    codes.ClosingOutcome, Field(description="What came of the support.", examples=["goals-met"])
]
WhatNext = Annotated[
    codes.ClosingNext,
    Field(description="What follows for the person.", examples=["carries-on-in-activity"]),
]
ClosingNumber = Annotated[
    int,
    Field(ge=1, le=10_000, description="1 the first time this episode ends.", examples=[1]),
]
ContactsMade = Annotated[
    int, Field(ge=0, le=100_000, description="Contacts made that stand.", examples=[5])
]
DaysOpen = Annotated[
    int,
    Field(ge=0, le=100_000, description="Whole days since it was opened.", examples=[84]),
]
GoalsSet = Annotated[int, Field(ge=0, le=100_000, description="Goals set.", examples=[3])]
GoalsMet = Annotated[int, Field(ge=0, le=100_000, description="Of these, met.", examples=[2])]
GoalsDropped = Annotated[
    int, Field(ge=0, le=100_000, description="Of these, dropped.", examples=[0])
]
LoopsWithdrawn = Annotated[
    int,
    Field(ge=0, le=100_000, description="Onward referrals withdrawn by it.", examples=[0]),
]
LoopsKept = Annotated[
    int,
    Field(ge=0, le=100_000, description="Onward referrals that stay open.", examples=[1]),
]
ReopeningReason = Annotated[
    codes.ReopeningReason, Field(description="Why it goes on.", examples=["person-asked"])
]
DaysClosed = Annotated[
    int,
    Field(ge=0, le=100_000, description="Whole days since it had ended.", examples=[12]),
]


class EpisodeClosed(EventData):
    """The support ended, with what came of it."""

    type: ClassVar[str] = "waymark.episode-closed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    worker_id: fields.WorkerId | None
    closing_number: ClosingNumber
    outcome: ClosingOutcome
    what_next: WhatNext
    referred_at: fields.ReferredAt
    contacts_made: ContactsMade
    days_open: DaysOpen
    goals_set: GoalsSet
    goals_met: GoalsMet
    goals_dropped: GoalsDropped
    loops_withdrawn: LoopsWithdrawn
    loops_kept: LoopsKept


class EpisodeReopened(EventData):
    """Support that had ended goes on; a referral of it is accepted again."""

    type: ClassVar[str] = "waymark.episode-reopened.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    episode_id: fields.EpisodeId
    referral_id: fields.ReferralId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    worker_id: fields.WorkerId | None
    reason: ReopeningReason
    days_closed: DaysClosed
