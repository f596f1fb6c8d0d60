"""The directory as its callers meet it: its real application, database and tokens."""

import dataclasses
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
from fastapi import FastAPI

from chassis import clock
from chassis.access.memberships import Memberships
from chassis.access.service_client import ServiceClient
from chassis.database import Database
from chassis.provisioning import Provisioned
from chassis.service import ApiContext
from chassis.web.app import create_app
from services.directory.api import routers
from services.directory.domain.register import Moment
from services.directory.settings import DirectorySettings
from services.directory.use_cases.beginning import begin_register
from tests.issuer import CLIENT_SECRET, Issuer

MEMBER_KEY_SECRET = "a member key secret of tests"

REGISTRAR = "registrar QZZ"
ANALYST = "region-analyst QZZ"
OPERATOR = "operator QZZ"
MANAGER = "pcn-manager U99001"
WORKER = "link-worker U99001"
OTHER_MANAGER = "pcn-manager U99002"
OTHER_WORKER = "link-worker U99002"
REFERRER = "referrer Y99001"
FOREIGN_REGISTRAR = "registrar QYY"
FOREIGN_ANALYST = "region-analyst QYY"
FOREIGN_MANAGER = "pcn-manager U99901"
FOREIGN_WORKER = "link-worker U99901"
MEMBERS = (ANALYST, OPERATOR, MANAGER, WORKER, OTHER_MANAGER, OTHER_WORKER, REFERRER)
FOREIGN_MEMBERS = (FOREIGN_ANALYST, FOREIGN_MANAGER, FOREIGN_WORKER)
KINDS = {"U": "pcn", "Y": "practice", "Q": "region"}


def a_listing(**changes: Any) -> dict[str, Any]:
    return {
        "organization": {"name": "Wayford Gardens (synthetic)", "description": "Gardens."},
        "name": "Growing group",
        "description": "Light gardening in good company.",
        "needs": ["isolation"],
        **changes,
    }


def a_membership(member: str, **changes: Any) -> dict[str, Any]:
    role, code = member.split()
    return {
        "subject": member,
        "role": role,
        "organisation_kind": KINDS[code[0]],
        "organisation_code": code,
        **changes,
    }


@dataclass(slots=True)
class Office:
    """The running service, with members to act as."""

    app: FastAPI
    http: httpx.AsyncClient
    issuer: Issuer
    provisioned: Provisioned
    settings: DirectorySettings
    worker: Database
    owner: "asyncpg.Connection[asyncpg.Record]"
    transport: httpx.ASGITransport
    tokens: dict[str, str] = field(default_factory=dict[str, str])

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        member: str | None = REGISTRAR,
        key: str | None = None,
        params: dict[str, Any] | None = None,
        version: int | None = None,
    ) -> httpx.Response:
        """Send one request as a member; a POST carries a new key unless one is given."""
        headers: dict[str, str] = {} if version is None else {"If-Match": f'"{version}"'}
        if member is not None:
            headers["Authorization"] = f"Bearer {self.token(member)}"
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        return await self.http.request(method, path, json=body, headers=headers, params=params)

    async def post(self, path: str, body: Any = None, **how: Any) -> httpx.Response:
        return await self.ask("POST", path, body, **how)

    async def get(self, path: str, **how: Any) -> httpx.Response:
        return await self.ask("GET", path, **how)

    async def made(self, path: str, body: Any, **how: Any) -> Any:
        """Post, insist that something was made, and give the answer's body."""
        answer = await self.post(path, body, **how)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def found(self, path: str, **how: Any) -> Any:
        """Get, insist that it is there, and give the answer's body."""
        answer = await self.get(path, **how)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def token(self, member: str) -> str:
        if member not in self.tokens:
            self.tokens[member] = (
                self.issuer.service_token(member.removeprefix("service "))
                if member.startswith("service ")
                else self.issuer.token(member)
            )
        return self.tokens[member]

    async def rows(self, table: str, order: str = "1") -> list[dict[str, Any]]:
        """Everything in a table, past every row policy."""
        return [
            dict(row) for row in await self.owner.fetch(f"select * from {table} order by {order}")
        ]

    async def events(self, kind: str = "") -> list[dict[str, Any]]:
        """The events waiting to be told, in the order they were written."""
        rows = await self.rows("outbox", "position")
        return [row | {"data": json.loads(row["data"])} for row in rows if kind in row["type"]]


@asynccontextmanager
async def running_office(
    provisioned: Provisioned, superuser_url: str, issuer: Issuer, *, mode: str = "demo"
) -> AsyncIterator[Office]:
    """Run the service's application on a migrated database that was begun."""
    settings = DirectorySettings(
        mode=mode,
        kafka="127.0.0.1:9",
        database_api_url=provisioned.api_url,
        database_worker_url=provisioned.worker_url,
        issuer_url=issuer.url,
        client_id="directory",
        client_secret=CLIENT_SECRET,
        member_key_secret=MEMBER_KEY_SECRET,
        first_registrar_subject=REGISTRAR,
        first_registrar_region="QZZ",
        directory_url="http://directory",
    )
    database, worker = (
        Database(provisioned.api_url, "api"),
        Database(provisioned.worker_url, "worker", 2),
    )
    await database.open()
    await worker.open()
    # The superuser alone reads past forced row policies.
    name = provisioned.owner_url.rpartition("/")[2]
    owner = await asyncpg.connect(f"{superuser_url.rpartition('/')[0]}/{name}")
    await begin_register(worker, settings, Moment(clock.now(), clock.now()))
    clients = ServiceClient(settings)
    app = create_app(
        service="directory",
        settings=settings,
        database=database,
        routers=routers(ApiContext(settings, database, clients)),
    )
    # Tests change memberships and look at once; a process may remember for a second.
    app.state.access = dataclasses.replace(
        app.state.access, memberships=Memberships(database, staleness_seconds=0)
    )
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://directory") as http:
            yield Office(app, http, issuer, provisioned, settings, worker, owner, transport)
    finally:
        await app.state.access.tokens.keys._http.aclose()
        await clients.close()
        await owner.close()
        await worker.close()
        await database.close()


async def fill_register(office: Office) -> None:
    """Two networks of one region with their practices, members, and a neighbouring region."""
    await _batch(office, "pcns", [
        {"pcn_code": code, "region_code": "QZZ", "name": f"{code} PCN (synthetic)"}
        for code in ("U99001", "U99002")
    ])  # fmt: skip
    await _batch(office, "practices", [
        {"practice_code": code, "pcn_code": pcn, "name": f"{code} Surgery (synthetic)",
         "from_date": "2024-04-01", "contact_email": f"{code.lower()}@practice.example.org"}
        for code, pcn in (("Y99001", "U99001"), ("Y99002", "U99001"), ("Y99006", "U99002"))
    ])  # fmt: skip
    await _batch(office, "memberships", [a_membership(member) for member in MEMBERS])


async def fill_foreign_region(office: Office) -> None:
    """A second region, begun as its own first registrar would."""
    settings = office.settings.model_copy(
        update={"first_registrar_subject": FOREIGN_REGISTRAR, "first_registrar_region": "QYY"}
    )
    await begin_register(office.worker, settings, Moment(clock.now(), clock.now()))
    pcn = {"pcn_code": "U99901", "region_code": "QYY", "name": "Foreign PCN (synthetic)"}
    await office.made("/register/pcns", pcn, member=FOREIGN_REGISTRAR)
    for member in FOREIGN_MEMBERS:
        await office.made("/register/memberships", a_membership(member), member=FOREIGN_REGISTRAR)


async def _batch(office: Office, kind: str, entries: list[dict[str, Any]]) -> None:
    items = [{"key": f"fill-{number}", **entry} for number, entry in enumerate(entries)]
    answer = await office.post(f"/register/{kind}/batch", {"items": items})
    assert answer.status_code == 200, answer.text
    assert {item["status"] for item in answer.json()["items"]} == {201}, answer.text
