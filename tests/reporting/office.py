"""Reporting's HTTP doors on a real database, with members who hold roles in its register."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from pydantic import SecretStr

from chassis.access.register import Grant, store_membership
from chassis.access.service_client import ServiceClient
from chassis.access.tokens import member_key
from chassis.database import Database
from chassis.provisioning import Provisioned
from chassis.service import ApiContext
from chassis.stream import Event
from chassis.web.app import create_app
from services.reporting.api import make_api
from services.reporting.projections import ReportingProjection
from services.reporting.settings import ReportingSettings
from tests.issuer import CLIENT_SECRET, Issuer

SECRET = "a member key secret of tests"
MakeDatabase = Callable[[str], Awaitable[Provisioned]]
KINDS = {"Q": "region", "U": "pcn", "Y": "practice"}


@dataclass
class Office:
    """The doors, the tables behind them and an issuer for whoever knocks."""

    http: httpx.AsyncClient
    worker: Database
    issuer: Issuer

    async def apply(self, events: list[Event]) -> None:
        """Let the consumer hear these events."""
        async with self.worker.transaction() as connection:
            await ReportingProjection().apply(connection, events)

    async def as_member(self, *held: tuple[str, str]) -> dict[str, str]:
        """Headers of somebody who holds these roles at these organisations."""
        subject = f"member-{uuid4()}"
        async with self.worker.transaction() as connection:
            for role, code in held:
                key = member_key(SECRET, self.issuer.url, subject)
                await store_membership(connection, Grant(uuid4(), key, role, KINDS[code[0]], code))
        return {"Authorization": f"Bearer {self.issuer.token(subject)}"}

    async def get(self, path: str, *held: tuple[str, str], **params: str) -> httpx.Response:
        return await self.http.get(path, headers=await self.as_member(*held), params=params)

    async def figures(self, path: str, *held: tuple[str, str], **params: str) -> dict[str, Any]:
        """The figures of a summary by definition."""
        answer = await self.get(path, *held, **params)
        assert answer.status_code == 200, answer.text
        return {figure["definition_id"]: figure for figure in answer.json()["figures"]}


def settings_of(database: Provisioned, issuer: Issuer, **owners: str) -> ReportingSettings:
    """What a process over this database and this issuer is told."""
    return ReportingSettings(
        mode="demo",
        kafka="127.0.0.1:9",
        database_api_url=SecretStr(database.api_url),
        database_worker_url=SecretStr(database.worker_url),
        issuer_url=issuer.url,
        client_id="reporting",
        client_secret=SecretStr(CLIENT_SECRET),
        member_key_secret=SecretStr(SECRET),
        **owners,
    )


@asynccontextmanager
async def open_office(
    reporting: Provisioned, issuer: Issuer, **owners: str
) -> AsyncIterator[Office]:
    """Open the doors for as long as the block lasts."""
    settings = settings_of(reporting, issuer, **owners)
    api, worker = Database(reporting.api_url, "api", 4), Database(reporting.worker_url, "worker", 2)
    await api.open()
    await worker.open()
    clients = ServiceClient(settings)
    app = create_app(
        service="reporting",
        settings=settings,
        database=api,
        routers=make_api(ApiContext(settings, api, clients)),
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting") as http:
        yield Office(http, worker, issuer)
    await app.state.access.tokens.keys._http.aclose()
    await clients.close()
    await worker.close()
    await api.close()
