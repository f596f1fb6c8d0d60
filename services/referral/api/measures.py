"""Measures: how a person says they are, by published instruments, then and later."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access import Caller, reason_header, require
from chassis.web.etags import ExpectedVersion
from chassis.web.idempotency import Keyed
from chassis.web.openapi import described
from chassis.web.pages import Page
from contracts import codes
from services.referral.acting import PCN_ROLES, Outcome
from services.referral.api.answers import Told
from services.referral.api.door import Door, answer
from services.referral.commands.measures import MeasureCorrection, NewMeasure
from services.referral.use_cases.measures import correct_measure, record_measure
from services.referral.views import measures as views

OfPcn = Annotated[Caller, Depends(require(*PCN_ROLES))]
Reason = Annotated[str | None, Depends(reason_header)]

_WORKER: Final = {"demo_role": "link-worker", "demo_organisation": "U99001"}
_MEASURE: Final[dict[str, Any]] = {
    "instrument": "ons4",
    "answers": {
        "life_satisfaction": 4,
        "worthwhile": 5,
        "happiness_yesterday": 6,
        "anxiety_yesterday": None,
    },
    "answered_by": "with-help",
    "occasion": "other",
}
_CORRECTION: Final[dict[str, Any]] = {"reason": "mistyped", "answered_by": "person"}


class ScoreShown(Told):
    """One score; without a value it says what is missing, unless its band is the answer."""

    name: codes.ScoreName
    value: float | None
    band: str | None
    missing: codes.ScoreMissing | None


class MeasureKept(Told):
    """A measure with its scores."""

    id: UUID
    referral_id: UUID
    episode_id: UUID
    instrument: codes.Instrument
    instrument_version: int
    occasion: codes.MeasureOccasion
    baseline_id: UUID | None
    answered_by: codes.AnsweredBy
    scores: list[ScoreShown]
    complete: bool = Field(description="Whether everything the scoring needs was answered.")
    occurred_at: datetime
    recorded_at: datetime
    voided_at: datetime | None
    version: int


class MeasureTold(MeasureKept):
    """A measure as it now stands."""

    person_id: UUID
    pcn_code: str
    practice_code: str
    event_id: UUID


class ConcernShown(Told):
    """What troubles the person, as they first put it."""

    words: str
    need: codes.Need


class Improvement(Told):
    """By how much one score is better than at its baseline."""

    name: codes.ScoreName
    change: float | None = Field(description="Below nought is worse; null: one side is missing.")


class MeasureListed(MeasureKept):
    """A measure with its answers, and what became better since its baseline."""

    answers: dict[str, int | str | None]
    concerns: list[ConcernShown]
    improvement: list[Improvement] | None = Field(description="Null without a baseline.")
    note: str | None
    worker_id: UUID | None
    origin: codes.Origin


class MeasurePage(Told):
    """A page of an episode's measures."""

    items: list[MeasureListed]
    next: str | None


class MeasurePutAside(Told):
    """A version of a measure that no longer stands, and why."""

    version: int
    answered_by: codes.AnsweredBy
    answers: dict[str, int | str | None]
    scores: list[ScoreShown]
    complete: bool
    note: str | None
    occurred_at: datetime
    baseline_id: UUID | None = Field(description="What it was compared with.")
    reason: codes.CorrectionReason
    voided: bool
    superseded_at: datetime
    superseded_by: UUID | None


class MeasureShown(MeasureListed):
    """A measure with the versions of it that were put aside."""

    put_aside: list[MeasurePutAside]


class ItemShown(Told):
    """What an instrument asks: a whole number, or one of these words."""

    key: str
    low: int | None
    high: int | None
    words: list[str] | None
    needed: bool


class BandShown(Told):
    """A published band, both ends included."""

    name: str
    low: int
    high: int


class ScoreRuleShown(Told):
    """A score, what it is made of and what is better."""

    name: codes.ScoreName
    items: list[str]
    better: str | None
    bands: list[BandShown]


class InstrumentShown(Told):
    """One version of an instrument, without its wording."""

    instrument: codes.Instrument
    version: int
    name: str
    licence: str
    concerns_max: int
    items: list[ItemShown]
    scores: list[ScoreRuleShown]


class Instruments(Told):
    """Every version of every instrument."""

    items: list[InstrumentShown]
    next: None


def make_router(door: Door) -> APIRouter:
    """Make the routes of measures."""
    router = APIRouter(tags=["measures"])
    _add_recording(router, door)
    _add_reading(router, door)
    return router


def _add_recording(router: APIRouter, door: Door) -> None:
    @router.post(
        "/referrals/{referral_id}/measures",
        status_code=201,
        summary="Record a measure",
        responses={201: {"model": MeasureTold}},
        **described(example=_MEASURE, **_WORKER),
    )
    async def record(
        request: Request,
        caller: OfPcn,
        referral_id: UUID,
        keyed: Keyed,
        body: NewMeasure,
        reason: Reason,
    ) -> Response:
        """Record how the person answered. What was not answered is null, never nought.

        A follow-up is linked to the episode's baseline by the same instrument.
        """
        acting = await door.acting(request, caller, reason=reason)
        return await door.create(
            acting,
            keyed,
            lambda connection: record_measure(connection, acting, referral_id, body),
            location=_location,
        )

    @router.post(
        "/measures/{measure_id}/corrections",
        status_code=201,
        summary="Correct a measure",
        responses={201: {"model": MeasureTold}},
        **described(example=_CORRECTION, **_WORKER),
    )
    async def correct(
        request: Request,
        caller: OfPcn,
        measure_id: UUID,
        keyed: Keyed,
        expected: ExpectedVersion,
        body: MeasureCorrection,
        reason: Reason,
    ) -> Response:
        """Say how it was instead, or that nothing of it stands. What was recorded stays readable."""
        acting = await door.acting(request, caller, reason=reason)

        async def put_right(connection: Any) -> Outcome:
            return await correct_measure(connection, acting, measure_id, expected, body)

        return await door.create(acting, keyed, put_right, location=_location)

    _ = record, correct


def _add_reading(router: APIRouter, door: Door) -> None:
    @router.get(
        "/referrals/{referral_id}/measures",
        summary="List measures",
        responses={200: {"model": MeasurePage}},
    )
    async def list_measures(
        request: Request, caller: OfPcn, referral_id: UUID, page: Page, reason: Reason
    ) -> Response:
        """List the measures of the referral's episode, with what became better since a baseline."""
        acting = await door.acting(request, caller, reason=reason)
        after = int(str(page.after[0])) if page.after else None
        async with door.transaction(acting) as connection:
            rows = await views.list_measures(
                connection, acting, referral_id, after=after, limit=page.limit_and_one
            )
        return answer(page.answer(rows, key=lambda row: (row["place"],), item=_listed))

    @router.get(
        "/measures/{measure_id}",
        summary="Show a measure",
        responses={200: {"model": MeasureShown}},
    )
    async def show(request: Request, caller: OfPcn, measure_id: UUID, reason: Reason) -> Response:
        """Show a measure with the versions of it that were put aside."""
        acting = await door.acting(request, caller, reason=reason)
        async with door.transaction(acting) as connection:
            shown = await views.view_measure(connection, acting, measure_id)
        return answer(shown, version=shown["version"])

    @router.get("/instruments", summary="List instruments", responses={200: {"model": Instruments}})
    async def instruments(_caller: OfPcn) -> Response:
        """List what each instrument asks and how it is scored. Bring your own licensed wording."""
        return answer({"items": views.list_instruments(), "next": None})

    _ = list_measures, show, instruments


def _listed(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "place"}


def _location(made: Any) -> str:
    return f"/measures/{made['id']}"
