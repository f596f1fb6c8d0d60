"""The plan and what hangs on it: agreed, reviewed, due for review; the steps towards a goal.

What matters to the person, and what they mean to do, stays in their record.
"""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import Field

from contracts import codes, fields
from contracts.event import EventData
from contracts.referral.v1.handover import ContinuedEpisodeId

PlanVersion = Annotated[
    int, Field(ge=1, le=100_000, description="1 for the plan as first agreed.", examples=[2])
]
ReviewOn = Annotated[
    date, Field(description="The day to look at it again.", examples=["2026-06-01"])
]
WordsChanged = Annotated[
    bool, Field(description="True where the plan itself changed.", examples=[True])
]
ReviewKind = Annotated[
    codes.ReviewKind, Field(description="What is to be looked at again.", examples=["goal"])
]
GoalChanges = Annotated[
    list[codes.GoalChangeKind],
    Field(
        max_length=6,
        description="What of the goal changed; null where not told.",
        examples=[["target-date"]],
    ),
]
GoalCorrectionReason = Annotated[
    codes.CorrectionReason,
    Field(
        description="Why a goal that was met or dropped goes on after all; null otherwise.",
        examples=["mistyped"],
    ),
]
StepNumber = Annotated[
    int, Field(ge=1, le=1000, description="1 for the goal's first step.", examples=[2])
]
StepDone = Annotated[bool, Field(description="Whether the step is done.", examples=[True])]
Steps = Annotated[
    int, Field(ge=0, le=1000, description="How many steps the goal has.", examples=[3])
]
StepsDone = Annotated[
    int, Field(ge=0, le=1000, description="How many of them are done.", examples=[1])
]


class PlanAgreed(EventData):
    """The person and a worker agreed a plan."""

    type: ClassVar[str] = "waymark.plan-agreed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    worker_id: fields.WorkerId | None
    plan_version: PlanVersion
    review_on: ReviewOn | None
    continues_episode_id: ContinuedEpisodeId | None = None


class PlanReviewed(EventData):
    """The person and a worker looked at the plan again."""

    type: ClassVar[str] = "waymark.plan-reviewed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    worker_id: fields.WorkerId | None
    plan_version: PlanVersion
    words_changed: WordsChanged
    review_on: ReviewOn | None


class ReviewDue(EventData):
    """The day came on which a plan or a goal is to be looked at again."""

    type: ClassVar[str] = "waymark.review-due.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    kind: ReviewKind
    goal_id: fields.GoalId | None
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    worker_id: fields.WorkerId | None
    review_on: ReviewOn


class GoalStepsChanged(EventData):
    """A step towards a goal was added, done, or found not to be done."""

    type: ClassVar[str] = "waymark.goal-steps-changed.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    goal_id: fields.GoalId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    step_number: StepNumber
    done: StepDone
    steps: Steps
    steps_done: StepsDone
