"""What callers say of how a person is, by a published instrument."""

from typing import Annotated, Final, TypeAlias
from uuid import UUID

from pydantic import Field, StrictInt, StrictStr, StringConstraints, model_validator

from chassis.web.fields import OccurredAt, Prose, RequestModel, broken
from contracts import codes
from services.referral.commands import KnownAt, Note, Timed

ANSWERS_MAX: Final = 32
ANSWER_LENGTH_MAX: Final = 40
CONCERNS_MAX: Final = 2
CONCERN_LENGTH_MAX: Final = 500

Key: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
GivenAnswer: TypeAlias = (
    StrictInt | Annotated[StrictStr, StringConstraints(max_length=ANSWER_LENGTH_MAX)] | None
)
Answers = Annotated[
    dict[Key, GivenAnswer],
    Field(
        min_length=1,
        max_length=ANSWERS_MAX,
        description="By item; null where it was not answered. Nothing missing is made up.",
    ),
]


class Concern(RequestModel):
    """What troubles the person."""

    words: Annotated[
        str,
        Prose(CONCERN_LENGTH_MAX),
        Field(description="In the person's words. They never leave this service."),
    ]
    need: codes.Need = Field(description="The need it is about.")


class NewMeasure(Timed):
    """An instrument as it was filled in."""

    instrument: codes.Instrument
    version: int = Field(1, ge=1, le=1_000, description="The version of its scoring.")
    answers: Answers
    answered_by: codes.AnsweredBy = "person"
    occasion: codes.MeasureOccasion
    baseline_id: UUID | None = Field(
        None, description="What it follows up; left out, the episode's baseline, if there is one."
    )
    concerns: list[Concern] = Field(
        default_factory=list[Concern],
        max_length=CONCERNS_MAX,
        description="Where the instrument asks what troubles the person; at a baseline alone.",
    )
    note: Note | None = None


class MeasureCorrection(RequestModel):
    """How it was instead; a field left out stays as it is."""

    reason: codes.CorrectionReason = Field(description="Why what was recorded does not stand.")
    voided: bool = Field(default=False, description="True where nothing of it stands.")
    answers: Answers | None = Field(None, description="All of them, as they were.")
    answered_by: codes.AnsweredBy | None = None
    note: Note | None = None
    occurred_at: OccurredAt | None = Field(None, description="When it really was.")
    baseline_id: UUID | None = Field(
        None, description="What a follow-up is compared with; left out, what it was compared with."
    )
    recorded_at: KnownAt = None

    @model_validator(mode="after")
    def _says_what(self) -> "MeasureCorrection":
        given = self.model_fields_set - {"reason", "voided", "recorded_at"}
        if self.voided == bool(given):
            raise broken("must either say what was different or be voided")
        return self
