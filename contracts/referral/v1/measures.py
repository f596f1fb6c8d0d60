"""How people say they are, by published instruments: scores and bands, never their words."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts import codes, fields
from contracts.event import EventData
from contracts.referral.v1.handover import ContinuedMeasureId

MeasureId = Annotated[
    UUID,
    Field(
        description="One time an instrument was filled in.",
        examples=[UUID("01980000-0000-7000-8000-0000000000f4")],
    ),
]
MeasuredAt = Annotated[
    AwareDatetime,
    Field(
        description="When the instrument was filled in, as it now stands.",
        examples=["2026-03-02T09:30:00Z"],
    ),
]
BaselineMeasureId = Annotated[
    UUID,
    Field(
        description="The baseline this follows up; null where there is none.",
        examples=[UUID("01980000-0000-7000-8000-0000000000f5")],
    ),
]
Instrument = Annotated[
    codes.Instrument, Field(description="Which instrument.", examples=["swemwbs"])
]
InstrumentVersion = Annotated[
    int, Field(ge=1, le=1_000, description="The version of its scoring.", examples=[1])
]
Occasion = Annotated[
    codes.MeasureOccasion, Field(description="When in the support it was.", examples=["follow-up"])
]
AnsweredBy = Annotated[
    codes.AnsweredBy,
    Field(
        description="Who answered: the person, with help, or somebody for them.",
        examples=["person"],
    ),
]
ScoreName = Annotated[codes.ScoreName, Field(description="Which score.", examples=["metric"])]
ScoreValue = Annotated[
    float,
    Field(
        ge=0,
        le=1_000,
        description="Exact, at most two decimals; null where it has no number or was not answered.",
        examples=[23.21],
    ),
]
ScoreBand = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z-]{0,31}$",
        description="Its published band, or the answer where answers have no number.",
        examples=["medium"],
    ),
]
ScoreMissing = Annotated[
    codes.ScoreMissing,
    Field(description="Why there is none; null where there is.", examples=["items-missing"]),
]
Complete = Annotated[
    bool,
    Field(description="True where everything the scoring needs was answered.", examples=[True]),
]
ConcernNeeds = Annotated[
    list[codes.Need],
    Field(
        max_length=2,
        description="What the person's own concerns are about, where the instrument asks.",
        examples=[["money"]],
    ),
]
MeasureCorrectionReason = Annotated[
    codes.CorrectionReason,
    Field(description="Why what was recorded does not stand.", examples=["mistyped"]),
]
Supersedes = Annotated[
    int,
    Field(
        ge=1,
        le=100_000,
        description="The version of the measure that this puts aside; the next one stands.",
        examples=[1],
    ),
]
Voided = Annotated[
    bool, Field(description="True where nothing stands in its place.", examples=[False])
]


class Score(BaseModel):
    """One score of an instrument."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: ScoreName
    value: ScoreValue | None
    band: ScoreBand | None
    missing: ScoreMissing | None


Scores = Annotated[
    list[Score],
    Field(
        max_length=16,
        description="Every score the instrument has, those that are missing too.",
        examples=[
            [
                {"name": "raw", "value": 26, "band": None, "missing": None},
                {"name": "metric", "value": 23.21, "band": None, "missing": None},
            ]
        ],
    ),
]


class MeasureRecorded(EventData):
    """An instrument was filled in; a score that could not be reckoned is null and says why."""

    type: ClassVar[str] = "waymark.measure-recorded.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    measure_id: MeasureId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    instrument: Instrument
    instrument_version: InstrumentVersion
    occasion: Occasion
    baseline_measure_id: BaselineMeasureId | None
    answered_by: AnsweredBy
    complete: Complete
    scores: Scores
    concern_needs: ConcernNeeds
    worker_id: fields.WorkerId | None
    continues_measure_id: ContinuedMeasureId | None = None


class MeasureCorrected(EventData):
    """A measure was otherwise than recorded; this is how it stands, or that it does not."""

    type: ClassVar[str] = "waymark.measure-corrected.v1"
    owner: ClassVar[str] = "referral"
    subject_kind: ClassVar[str] = "episode"

    measure_id: MeasureId
    referral_id: fields.ReferralId
    episode_id: fields.EpisodeId
    person_id: fields.PersonId
    pcn_code: fields.PcnCode
    practice_code: fields.PracticeCode
    instrument: Instrument
    instrument_version: InstrumentVersion
    occasion: Occasion
    baseline_measure_id: BaselineMeasureId | None
    answered_by: AnsweredBy
    complete: Complete
    scores: Scores
    concern_needs: ConcernNeeds
    reason: MeasureCorrectionReason
    supersedes: Supersedes
    voided: Voided
    measured_at: MeasuredAt | None = None
