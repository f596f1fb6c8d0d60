"""The registrar's doors: entering organisations, workers and memberships, one or many."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from chassis import clock
from chassis.access import Caller, require
from chassis.access.tokens import member_key
from chassis.database import Connection
from chassis.web.idempotency import Keyed as KeyedHeader
from chassis.web.openapi import described
from services.directory.api import forms
from services.directory.api.doors import (
    Batch,
    DoorDatabase,
    DoorSettings,
    Keyed,
    answer_of,
    enter_each_once,
    enter_once,
    moment_of,
    require_seed_allowed,
)
from services.directory.domain.register import Moment
from services.directory.settings import DirectorySettings
from services.directory.use_cases import members, organisations, populations, referrers
from services.directory.use_cases.outcome import Outcome

router = APIRouter(prefix="/register", tags=["register"])

Registrar = Annotated[Caller, Depends(require("registrar"))]

PCN_PATH: Final = "/register/pcns/{id}"
PRACTICE_PATH: Final = "/register/practices/{id}"
REFERRING_PATH: Final = "/register/organisations/{id}"
POPULATION_PATH: Final = "/register/populations"
WORKER_PATH: Final = "/workers/{id}"
MEMBERSHIP_PATH: Final = "/register/memberships/{id}"
DEMO: Final = {"demo_role": "registrar", "demo_organisation": "QZZ"}


class PcnItem(forms.NewPcn, Keyed):
    """One PCN of a batch."""


class PracticeItem(forms.NewPractice, Keyed):
    """One practice of a batch."""


class ReferringOrganisationItem(forms.NewReferringOrganisation, Keyed):
    """One referring organisation of a batch."""


class PopulationItem(forms.NewPopulation, Keyed):
    """One population of a batch."""


class WorkerItem(forms.NewWorker, Keyed):
    """One worker of a batch."""


class MembershipItem(forms.NewMembership, Keyed):
    """One membership of a batch."""


Enter = Callable[[Connection, Any, Moment], Awaitable[Outcome]]


class _Entering:
    """One registrar's request: what each kind of entry needs beside its form."""

    def __init__(self, caller: Caller, settings: DirectorySettings) -> None:
        self._caller = caller
        self._settings = settings

    async def pcn(self, connection: Connection, form: forms.NewPcn, moment: Moment) -> Outcome:
        entry = organisations.PcnEntry(form.pcn_code, form.region_code, form.name)
        return await organisations.register_pcn(connection, self._caller.regions, entry, moment)

    async def practice(
        self, connection: Connection, form: forms.NewPractice, moment: Moment
    ) -> Outcome:
        entry = organisations.PracticeEntry(
            form.practice_code, form.pcn_code, form.name, form.from_date, form.contact_email
        )
        return await organisations.register_practice(connection, entry, moment)

    async def referrer(
        self, connection: Connection, form: forms.NewReferringOrganisation, moment: Moment
    ) -> Outcome:
        entry = referrers.ReferrerEntry(
            form.referrer_kind,
            form.region_code,
            form.ods_code,
            form.organization_id,
            form.name,
            form.contact_email,
        )
        return await referrers.register_referrer(connection, self._caller.regions, entry, moment)

    async def population(
        self, connection: Connection, form: forms.NewPopulation, moment: Moment
    ) -> Outcome:
        entry = populations.PopulationEntry(
            form.pcn_code, form.practice_code, form.persons, form.as_of
        )
        return await populations.record_population(connection, entry, moment)

    async def worker(
        self, connection: Connection, form: forms.NewWorker, moment: Moment
    ) -> Outcome:
        entry = members.WorkerEntry(
            pcn_code=form.pcn_code,
            member_key=None if form.subject is None else self._key(form.issuer, form.subject),
            name=form.name,
            email=form.email,
            phone=form.phone,
            roles=form.roles,
        )
        return await members.register_worker(connection, entry, moment)

    async def membership(
        self, connection: Connection, form: forms.NewMembership, moment: Moment
    ) -> Outcome:
        entry = members.MembershipEntry(
            member_key=self._key(form.issuer, form.subject),
            role=form.role,
            organisation_kind=form.organisation_kind,
            organisation_code=form.organisation_code,
            granted_by=self._caller.member_key,
            granted_by_role="registrar",
        )
        return await members.grant_membership(connection, entry, moment)

    def _key(self, issuer: str | None, subject: str) -> str:
        secret = self._settings.member_key_secret.get_secret_value()
        return member_key(secret, issuer or self._settings.issuer_url, subject)


class _Door:
    """A registrar at the door, with what it takes to make one entry or many."""

    def __init__(
        self, request: Request, caller: Registrar, database: DoorDatabase, settings: DoorSettings
    ) -> None:
        self._request = request
        self._caller = caller
        self._database = database
        self._settings = settings
        self.entering = _Entering(caller, settings)

    async def enter(
        self, keyed: KeyedHeader, form: forms.Timed, enter: Enter, path: str
    ) -> Response:
        """Make one entry."""

        async def effect(connection: Connection) -> Outcome:
            await organisations.hold_regions(connection, self._caller.regions)
            return await enter(connection, form, moment_of(form))

        regions = self._caller.regions
        return await enter_once(self._database, self._caller, keyed, regions, effect, path=path)

    async def enter_each(self, batch: Batch[Any], enter: Enter, path: str) -> dict[str, Any]:
        """Make each entry of a batch."""
        require_seed_allowed(batch, self._settings)
        now = clock.now()
        async with self._database.transaction(organisations=self._caller.regions) as connection:
            await organisations.hold_regions(connection, self._caller.regions)

            async def effect(item: Any) -> Outcome:
                return await enter(connection, item, moment_of(item, origin=batch.origin, now=now))

            route = f"POST {self._request.url.path}"
            return await enter_each_once(
                connection, self._caller, route, batch.items, effect, path=path
            )

    async def end(self, membership_id: UUID) -> Response:
        """End a membership."""
        now = clock.now()
        async with self._database.transaction(organisations=self._caller.regions) as connection:
            await organisations.hold_regions(connection, self._caller.regions)
            outcome = await members.end_membership(
                connection, membership_id, Moment(now, now), ended_by=self._caller.member_key
            )
        answer = answer_of(outcome, MEMBERSHIP_PATH)
        return JSONResponse(dict(answer.body), headers={"ETag": answer.headers["ETag"]})


Door = Annotated[_Door, Depends(_Door)]


@router.post("/pcns", status_code=201, **described(example=forms.PCN_EXAMPLE, **DEMO))
async def register_pcn(door: Door, keyed: KeyedHeader, form: forms.NewPcn) -> Response:
    """Enter a PCN, or its new name; entered again as it stands, it answers as before."""
    return await door.enter(keyed, form, door.entering.pcn, PCN_PATH)


@router.post("/practices", status_code=201, **described(example=forms.PRACTICE_EXAMPLE, **DEMO))
async def register_practice(door: Door, keyed: KeyedHeader, form: forms.NewPractice) -> Response:
    """Enter a practice, its new name, or its move to another PCN of your region."""
    return await door.enter(keyed, form, door.entering.practice, PRACTICE_PATH)


@router.post(
    "/organisations",
    status_code=201,
    **described(example=forms.REFERRING_ORGANISATION_EXAMPLE, **DEMO),
)
async def register_referrer(
    door: Door, keyed: KeyedHeader, form: forms.NewReferringOrganisation
) -> Response:
    """Enter a hospital, a council or a voluntary group whose people may refer."""
    return await door.enter(keyed, form, door.entering.referrer, REFERRING_PATH)


@router.post("/populations", status_code=201, **described(example=forms.POPULATION_EXAMPLE, **DEMO))
async def record_population(door: Door, keyed: KeyedHeader, form: forms.NewPopulation) -> Response:
    """Record how many people were registered on a day, or correct it."""
    return await door.enter(keyed, form, door.entering.population, POPULATION_PATH)


@router.post("/workers", status_code=201, **described(example=forms.WORKER_EXAMPLE, **DEMO))
async def register_worker(door: Door, keyed: KeyedHeader, form: forms.NewWorker) -> Response:
    """Enter a worker of a PCN, or what changed of them."""
    return await door.enter(keyed, form, door.entering.worker, WORKER_PATH)


@router.post("/memberships", status_code=201, **described(example=forms.MEMBERSHIP_EXAMPLE, **DEMO))
async def grant_membership(door: Door, keyed: KeyedHeader, form: forms.NewMembership) -> Response:
    """Let somebody act in a role for an organisation of a region whose register you keep."""
    return await door.enter(keyed, form, door.entering.membership, MEMBERSHIP_PATH)


@router.delete("/memberships/{membership_id}")
async def end_membership(door: Door, membership_id: UUID) -> Response:
    """End a membership; every service stops acting on it within seconds."""
    return await door.end(membership_id)


def _batch_of(example: dict[str, Any]) -> dict[str, Any]:
    return described(example={"items": [{"key": "example-1", **example}]}, **DEMO)


@router.post("/pcns/batch", **_batch_of(forms.PCN_EXAMPLE))
async def register_pcns(door: Door, batch: Batch[PcnItem]) -> dict[str, Any]:
    """Enter many PCNs, each answered by itself."""
    return await door.enter_each(batch, door.entering.pcn, PCN_PATH)


@router.post("/practices/batch", **_batch_of(forms.PRACTICE_EXAMPLE))
async def register_practices(door: Door, batch: Batch[PracticeItem]) -> dict[str, Any]:
    """Enter many practices, each answered by itself."""
    return await door.enter_each(batch, door.entering.practice, PRACTICE_PATH)


@router.post("/organisations/batch", **_batch_of(forms.REFERRING_ORGANISATION_EXAMPLE))
async def register_referrers(door: Door, batch: Batch[ReferringOrganisationItem]) -> dict[str, Any]:
    """Enter many organisations that refer, each answered by itself."""
    return await door.enter_each(batch, door.entering.referrer, REFERRING_PATH)


@router.post("/populations/batch", **_batch_of(forms.POPULATION_EXAMPLE))
async def record_populations(door: Door, batch: Batch[PopulationItem]) -> dict[str, Any]:
    """Record many populations, each answered by itself."""
    return await door.enter_each(batch, door.entering.population, POPULATION_PATH)


@router.post("/workers/batch", **_batch_of(forms.WORKER_EXAMPLE))
async def register_workers(door: Door, batch: Batch[WorkerItem]) -> dict[str, Any]:
    """Enter many workers, each answered by itself."""
    return await door.enter_each(batch, door.entering.worker, WORKER_PATH)


@router.post("/memberships/batch", **_batch_of(forms.MEMBERSHIP_EXAMPLE))
async def grant_memberships(door: Door, batch: Batch[MembershipItem]) -> dict[str, Any]:
    """Grant many memberships, each answered by itself."""
    return await door.enter_each(batch, door.entering.membership, MEMBERSHIP_PATH)
