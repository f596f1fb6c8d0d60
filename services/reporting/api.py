"""The HTTP doors of reporting: summaries of a region or a PCN, one referral's fact, definitions.

Promise    Exact figures go to the manager of that PCN and to nobody else; everyone else who may
           ask gets controlled ones, over whole months. What a caller may not see and what does
           not exist answer alike.
Not here   Drawing (``views``), the rule for small numbers (``chassis.disclosure``).
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel

from chassis import clock
from chassis.access.audit import Opened, record_access
from chassis.access.caller import MEMBER_ROLES, Caller
from chassis.access.requirement import anyone, require
from chassis.disclosure import Count, Statistic
from chassis.refusals import BrokenRule, NothingFound, RuleBroken
from chassis.service import ApiContext
from services.reporting import views
from services.reporting.definitions import CATALOGUE, Definition, DisclosureClass, Unit
from services.reporting.figures import Dimension, Figure, Period, Summary
from services.reporting.gateways import Owners

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(9999, 12, 31)


class DefinitionAnswer(BaseModel):
    """What one figure means."""

    id: str
    version: int
    name: str
    plain_words: str
    inclusion_rule: str
    unit: Unit
    owner: str
    disclosure: DisclosureClass


class DefinitionsAnswer(BaseModel):
    """The whole catalogue."""

    items: list[DefinitionAnswer]
    next: None = None


class PartAnswer(BaseModel):
    """One line of a breakdown."""

    code: str
    name: str
    value: Count | Statistic


class FigureAnswer(BaseModel):
    """One figure, with its definition and what it can be broken into."""

    definition_id: str
    version: int
    name: str
    unit: Unit
    value: Count | Statistic
    by: dict[Dimension, list[PartAnswer]]


class PeriodAnswer(BaseModel):
    """First and last day counted; null where there is no limit."""

    first: date | None
    last: date | None


class WaitingAnswer(BaseModel):
    """Events that had happened and were not in the figures yet; whose, nobody could say."""

    events: int
    streams: int
    not_known_of: list[str]


class SummaryAnswer(BaseModel):
    """Everything there is to say about a region or a PCN, and how old it is."""

    code: str
    name: str
    drawn_at: datetime
    as_of: datetime | None
    age_seconds: float | None
    period: PeriodAnswer
    small_numbers: Literal["exact", "controlled"]
    waiting: WaitingAnswer
    quarantined: int
    figures: list[FigureAnswer]


class ReferralAnswer(BaseModel):
    """The fact of one referral and what was done for its episode."""

    id: UUID
    referral_id: UUID
    episode_id: UUID
    person_id: UUID
    pcn_code: str
    practice_code: str
    referrer_code: str
    route: str
    needs: list[str]
    urgency: str
    opened_episode: bool
    status: str
    status_reason: str | None
    occurred_at: datetime
    recorded_at: datetime
    version: int
    contacts: int
    first_contact_at: datetime | None
    goals: int
    goal_updates: int
    goals_met: int


class MembershipAnswer(BaseModel):
    """One role the caller holds, and where."""

    role: str
    organisation_kind: str
    organisation_code: str
    organisation_name: str | None


class MeAnswer(BaseModel):
    """What the caller may act as."""

    memberships: list[MembershipAnswer]


def asked_period(
    first: Annotated[date | None, Query(alias="from", description="First day counted.")] = None,
    last: Annotated[date | None, Query(alias="to", description="Last day counted.")] = None,
) -> Period:
    """The days asked for; without limits, all of them."""
    period = Period(first or FIRST_DAY, last or LAST_DAY)
    if period.first > period.last:
        raise RuleBroken(BrokenRule("/to", "must not lie before from", "query"))
    return period


def whole_months(period: Period) -> Period:
    """The months that hold the period.

    Days chosen freely would let an outsider move a window one day at a time and read small
    numbers off its rounded edge.
    """
    last_day = monthrange(period.last.year, period.last.month)[1]
    return Period(period.first.replace(day=1), period.last.replace(day=last_day))


AskedPeriod = Annotated[Period, Depends(asked_period)]
Analyst = Annotated[Caller, Depends(require("region-analyst"))]
ManagerOrAnalyst = Annotated[Caller, Depends(require("pcn-manager", "region-analyst"))]
Caseworker = Annotated[
    Caller,
    Depends(
        require(
            "referrer",
            "care-navigator",
            "link-worker",
            "health-coach",
            "care-coordinator",
            "pcn-manager",
        )
    ),
]


Anybody = Annotated[Caller, Depends(require(*sorted(MEMBER_ROLES)))]


def make_api(context: ApiContext) -> Sequence[APIRouter]:
    """The routes of this service."""
    router = APIRouter(tags=["reporting"])
    _add_summaries(router, context)
    _add_facts(router, context)
    _add_catalogue(router, context)
    return [router]


def _add_summaries(router: APIRouter, context: ApiContext) -> None:
    database, owners = context.database, Owners.of(context)

    @router.get(
        "/regions/{code}/summary",
        summary="What a region's networks do, in controlled figures",
        openapi_extra={"x-demo-role": "region-analyst", "x-demo-organisation": "QZZ"},
    )
    async def region_summary(code: str, asked: AskedPeriod, caller: Analyst) -> SummaryAnswer:
        period = whole_months(asked)
        if not caller.may_see(code):
            raise NothingFound
        heads = await owners.heads()
        async with database.transaction(organisations=caller.organisations) as connection:
            summary = await views.summary_of_region(connection, code, period, heads)
        return _answer(summary, period, exactly=False)

    @router.get(
        "/pcns/{code}/summary",
        summary="What one network does: exact for its manager, controlled for the region",
        openapi_extra={"x-demo-role": "pcn-manager", "x-demo-organisation": "U99001"},
    )
    async def pcn_summary(code: str, asked: AskedPeriod, caller: ManagerOrAnalyst) -> SummaryAnswer:
        exactly = code in caller.codes_of("pcn")
        period = asked if exactly else whole_months(asked)
        if not caller.may_see(code):
            raise NothingFound
        heads = await owners.heads()
        async with database.transaction(organisations=caller.organisations) as connection:
            summary = await views.summary_of_pcn(connection, code, period, heads)
        return _answer(summary, period, exactly=exactly)


def _add_facts(router: APIRouter, context: ApiContext) -> None:
    database = context.database

    @router.get(
        "/referrals/{referral_id}",
        summary="One referral as reporting knows it, with its counts of contacts and goals",
        openapi_extra={"x-demo-role": "pcn-manager", "x-demo-organisation": "U99001"},
    )
    async def referral_fact(referral_id: UUID, caller: Caseworker) -> ReferralAnswer:
        async with database.transaction(organisations=caller.organisations) as connection:
            found = await views.referral(connection, referral_id)
            if found is None:
                raise NothingFound
            await record_access(
                connection,
                caller,
                "referral-fact.read",
                [
                    Opened(
                        subject=f"episode/{found.episode_id}",
                        pcn_code=found.pcn_code,
                        person_id=found.person_id,
                    )
                ],
            )
        return ReferralAnswer(id=found.referral_id, **asdict(found))


def _add_catalogue(router: APIRouter, context: ApiContext) -> None:
    database = context.database

    @router.get("/me", summary="The roles you hold, and where")
    async def me(caller: Anybody) -> MeAnswer:
        held = caller.memberships
        async with database.transaction() as connection:
            names = await views.names_of(
                connection, [(one.organisation_kind, one.organisation_code) for one in held]
            )
        return MeAnswer(
            memberships=[
                MembershipAnswer(
                    role=one.role,
                    organisation_kind=one.organisation_kind,
                    organisation_code=one.organisation_code,
                    organisation_name=names.get((one.organisation_kind, one.organisation_code)),
                )
                for one in held
            ]
        )

    @router.get(
        "/definitions",
        summary="What each figure means, in plain words",
        dependencies=[Depends(anyone())],
    )
    async def list_definitions() -> DefinitionsAnswer:
        return DefinitionsAnswer(items=[_definition(definition) for definition in CATALOGUE])


def _answer(summary: Summary | None, period: Period, *, exactly: bool) -> SummaryAnswer:
    if summary is None:
        raise NothingFound
    drawn_at, freshness = clock.now(), summary.freshness
    as_of = freshness.as_of
    return SummaryAnswer(
        code=summary.code,
        name=summary.name,
        drawn_at=drawn_at,
        as_of=as_of,
        age_seconds=None if as_of is None else max((drawn_at - as_of).total_seconds(), 0.0),
        period=PeriodAnswer(
            first=None if period.first == FIRST_DAY else period.first,
            last=None if period.last == LAST_DAY else period.last,
        ),
        small_numbers="exact" if exactly else "controlled",
        waiting=WaitingAnswer(
            events=freshness.waiting_events,
            streams=freshness.waiting_streams,
            not_known_of=list(freshness.silent_owners),
        ),
        quarantined=freshness.quarantined,
        figures=[_figure(figure, exactly=exactly) for figure in summary.figures],
    )


def _figure(figure: Figure, *, exactly: bool) -> FigureAnswer:
    return FigureAnswer(
        definition_id=figure.definition.id,
        version=figure.definition.version,
        name=figure.definition.name,
        unit=figure.definition.unit,
        value=figure.amount.shown(exactly=exactly),
        by={
            dimension: [
                PartAnswer(code=part.code, name=part.name, value=part.amount.shown(exactly=exactly))
                for part in parts
            ]
            for dimension, parts in figure.by.items()
        },
    )


def _definition(definition: Definition) -> DefinitionAnswer:
    return DefinitionAnswer(
        id=definition.id,
        version=definition.version,
        name=definition.name,
        plain_words=definition.plain_words,
        inclusion_rule=definition.inclusion_rule,
        unit=definition.unit,
        owner=definition.owner,
        disclosure=definition.disclosure,
    )
