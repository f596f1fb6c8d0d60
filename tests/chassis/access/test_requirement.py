"""Who may call a route, and whose rows they see while they do, over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import uuid4

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from chassis.access import Caller, anyone, caller_if_known, needed, reason_header, require
from chassis.access.gate import RegisterGate
from chassis.access.memberships import Memberships
from chassis.access.pace import Pace
from chassis.access.requirement import Access, UnknownRole
from chassis.access.tokens import TokenVerifier
from chassis.database import Database
from chassis.web.app import ForeignDatabase, bare_app, create_app
from chassis.web.health import Readiness
from tests.chassis.access.trial import fill_register, grant
from tests.issuer import Issuer

pytestmark = pytest.mark.postgres

ROUTES = {
    "/practice": ("referrer", "care-navigator"),
    "/pcn": ("link-worker", "pcn-manager"),
    "/region": ("region-analyst", "privacy-officer"),
    "/registrar": ("registrar",),
    "/provider": ("provider",),
    "/operator": ("operator", "service"),
    "/mixed": ("referrer", "link-worker"),
}


def _router() -> APIRouter:
    router = APIRouter()
    for path, roles in ROUTES.items():

        async def show(caller: Annotated[Caller, Depends(require(*roles))]) -> dict[str, Any]:
            return {
                "organisations": list(caller.organisations),
                "roles": sorted(caller.roles),
                "is_service": caller.is_service,
            }

        router.add_api_route(path, show)

    @router.get("/open", dependencies=[Depends(anyone())])
    async def open_to_all() -> dict[str, bool]:
        return {"open": True}

    @router.get("/known", dependencies=[Depends(anyone())])
    async def known(
        caller: Annotated[Caller | None, Depends(caller_if_known)],
    ) -> dict[str, list[str] | None]:
        return {"pcns": None if caller is None else list(caller.pcns)}

    @router.get("/opened")
    async def opened(
        _caller: Annotated[Caller, Depends(require("link-worker"))],
        reason: Annotated[str | None, Depends(reason_header)],
    ) -> dict[str, str]:
        return {"reason": needed(reason)}

    return router


@pytest.fixture
async def app(verifier: TokenVerifier, api_database: Database) -> FastAPI:
    app = bare_app(service="trial", release="1", routers=[_router()], readiness=Readiness())
    app.state.access = Access(
        verifier, Memberships(api_database, staleness_seconds=0.0), first_registrar_region="QZZ"
    )
    return app


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://trial") as client:
        yield client


@pytest.fixture
async def register(worker_database: Database) -> None:
    async with worker_database.transaction() as connection:
        await fill_register(connection)


async def _member(
    worker: Database, issuer: Issuer, *granted: tuple[str, str, str]
) -> dict[str, str]:
    subject = f"member-{uuid4()}"
    async with worker.transaction() as connection:
        for role, kind, code in granted:
            await grant(connection, issuer.url, subject, role, kind, code)
    return {"Authorization": f"Bearer {issuer.token(subject)}"}


SEEN = [
    ("/practice", ("referrer", "practice", "Y99001"), ["Y99001"]),
    ("/pcn", ("link-worker", "pcn", "U99001"), ["U99001"]),
    ("/region", ("region-analyst", "region", "QZZ"), ["QZZ", "U99001", "U99002"]),
    ("/registrar", ("registrar", "region", "QZZ"), ["QZZ"]),
    ("/provider", ("provider", "organization", "0198-0001"), ["0198-0001"]),
    ("/operator", ("operator", "region", "QZZ"), []),
]


@pytest.mark.parametrize(("path", "held", "seen"), SEEN, ids=[case[1][0] for case in SEEN])
async def test_a_role_opens_its_organisation_and_no_other(
    path: str,
    held: tuple[str, str, str],
    seen: list[str],
    http: httpx.AsyncClient,
    issuer: Issuer,
    worker_database: Database,
    register: None,
) -> None:
    headers = await _member(worker_database, issuer, held)

    for route, roles in ROUTES.items():
        answer = await http.get(route, headers=headers)
        if held[0] in roles:
            assert answer.status_code == 200
            assert answer.json()["organisations"] == seen
        else:
            assert answer.status_code == 403
            assert answer.json()["type"] == "/problems/not-permitted"
    assert path in ROUTES


async def test_a_member_who_runs_wild_is_told_when_to_come_back_and_a_service_never(
    app: FastAPI,
    http: httpx.AsyncClient,
    issuer: Issuer,
    worker_database: Database,
    register: None,
) -> None:
    # No time passes, so the burst is all there is.
    app.state.access = replace(app.state.access, pace=Pace(1, 3, now=lambda: 0.0))
    wild = await _member(worker_database, issuer, ("operator", "region", "QZZ"))
    calm = await _member(worker_database, issuer, ("operator", "region", "QZZ"))
    service = {"Authorization": f"Bearer {issuer.service_token('reporting')}"}

    answers = [await http.get("/operator", headers=wild) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["type"] == "/problems/too-many-requests"
    assert answers[-1].headers["Retry-After"] == "1"
    assert (await http.get("/operator", headers=calm)).status_code == 200
    for _ in range(5):
        assert (await http.get("/operator", headers=service)).status_code == 200


async def test_only_the_roles_a_route_names_say_what_is_seen(
    http: httpx.AsyncClient, issuer: Issuer, worker_database: Database, register: None
) -> None:
    headers = await _member(
        worker_database,
        issuer,
        ("referrer", "practice", "Y99001"),
        ("link-worker", "pcn", "U99002"),
    )

    assert (await http.get("/practice", headers=headers)).json()["organisations"] == ["Y99001"]
    assert (await http.get("/pcn", headers=headers)).json()["organisations"] == ["U99002"]
    both = (await http.get("/mixed", headers=headers)).json()["organisations"]
    assert sorted(both) == ["U99002", "Y99001"]


async def test_an_organisation_not_yet_known_asks_to_come_back(
    http: httpx.AsyncClient, issuer: Issuer, worker_database: Database, register: None
) -> None:
    headers = await _member(worker_database, issuer, ("referrer", "practice", "Y99999"))

    answer = await http.get("/practice", headers=headers)

    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/register-behind"
    assert int(answer.headers["retry-after"]) > 0


async def test_a_service_acts_only_where_services_may(
    http: httpx.AsyncClient, issuer: Issuer, register: None
) -> None:
    headers = {"Authorization": f"Bearer {issuer.service_token('reporting')}"}

    allowed = (await http.get("/operator", headers=headers)).json()
    assert (allowed["roles"], allowed["is_service"]) == (["service"], True)
    assert set(allowed["organisations"]) == {"QZZ", "QYY", "U99001", "U99002", "U99501"}
    assert (await http.get("/registrar", headers=headers)).status_code == 403


async def test_a_member_cannot_be_granted_the_role_of_a_service(
    http: httpx.AsyncClient, issuer: Issuer, worker_database: Database, register: None
) -> None:
    headers = await _member(worker_database, issuer, ("service", "none", "-"))

    assert (await http.get("/operator", headers=headers)).status_code == 403


async def test_the_first_registrar_needs_no_register(
    app: FastAPI, http: httpx.AsyncClient, issuer: Issuer
) -> None:
    headers = {"Authorization": f"Bearer {issuer.token('the-first-registrar')}"}

    answer = await http.get("/registrar", headers=headers)

    assert answer.json()["organisations"] == ["QZZ"]
    assert (await http.get("/operator", headers=headers)).status_code == 403


async def test_until_the_register_is_reached_members_wait_and_services_do_not(
    app: FastAPI,
    http: httpx.AsyncClient,
    issuer: Issuer,
    worker_database: Database,
    register: None,
) -> None:
    position = SimpleNamespace(now=3)

    async def head() -> int:
        return 4

    async def reached() -> int:
        return int(position.now)

    gate = RegisterGate(head, reached)
    access: Access = app.state.access
    app.state.access = Access(access.tokens, access.memberships, "QZZ", gate)
    member = await _member(worker_database, issuer, ("referrer", "practice", "Y99001"))
    service = {"Authorization": f"Bearer {issuer.service_token('reporting')}"}

    waiting = await http.get("/practice", headers=member)
    assert (waiting.status_code, waiting.json()["type"]) == (503, "/problems/register-behind")
    assert (await http.get("/operator", headers=service)).status_code == 200
    assert await gate.readiness() is not None

    position.now = 4
    await gate.run()
    assert (await http.get("/practice", headers=member)).status_code == 200
    assert await gate.readiness() is None


async def test_without_a_token_only_open_routes_answer(http: httpx.AsyncClient) -> None:
    refused = await http.get("/practice")

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Bearer realm="waymark"'
    assert (await http.get("/open")).json() == {"open": True}


async def test_opening_what_is_a_colleagues_needs_a_reason(
    http: httpx.AsyncClient, issuer: Issuer, worker_database: Database, register: None
) -> None:
    headers = await _member(worker_database, issuer, ("link-worker", "pcn", "U99001"))

    without = await http.get("/opened", headers=headers)
    short = await http.get("/opened", headers={**headers, "Waymark-Reason": "x"})
    given = await http.get("/opened", headers={**headers, "Waymark-Reason": "covering for leave"})

    assert (without.status_code, without.json()["type"]) == (403, "/problems/reason-required")
    assert short.status_code == 422
    assert given.json() == {"reason": "covering for leave"}


def test_a_route_cannot_name_a_role_nobody_can_hold() -> None:
    with pytest.raises(UnknownRole):
        require("link-wroker")
    with pytest.raises(UnknownRole):
        require()


def test_no_http_door_takes_the_worker_role(worker_database: Database) -> None:
    settings = SimpleNamespace(
        release="1", member_key_secret=SimpleNamespace(get_secret_value=lambda: "x")
    )
    with pytest.raises(ForeignDatabase):
        create_app(service="trial", settings=settings, database=worker_database)  # pyright: ignore[reportArgumentType]


async def test_an_open_route_knows_whoever_signed_in_and_answers_everybody(
    http: httpx.AsyncClient, register: None, worker_database: Database, issuer: Issuer
) -> None:
    member = await _member(worker_database, issuer, ("link-worker", "pcn", "U99001"))
    stranger = await _member(worker_database, issuer)

    answers = [
        await http.get("/known", headers=headers)
        for headers in (member, stranger, {}, {"Authorization": "Bearer nonsense"})
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["pcns"] for answer in answers] == [["U99001"], None, None, None]
