"""The whole application: real issuer, real database, and what is left when work is cut off."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI

from chassis.access import Caller, require
from chassis.database import Database
from chassis.provisioning import Provisioned
from chassis.settings import ServiceSettings
from chassis.web import idempotency
from chassis.web.app import create_app
from chassis.web.health import Readiness
from chassis.web.limits import Limits
from tests.issuer import Issuer
from tests.waiting import until

pytestmark = pytest.mark.postgres


@pytest.fixture
async def database(shared_database: Provisioned) -> AsyncIterator[Database]:
    database = Database(shared_database.api_url, "api", 2)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def settings(issuer: Issuer, shared_database: Provisioned) -> ServiceSettings:
    return ServiceSettings.model_validate(
        {
            "mode": "demo",
            "kafka": "127.0.0.1:1",
            "database_api_url": shared_database.api_url,
            "database_worker_url": shared_database.worker_url,
            "issuer_url": issuer.url,
            "client_id": "referral",
            "client_secret": "a-client-secret-of-tests",
            "member_key_secret": "a-member-key-secret-of-tests",
            "first_registrar_subject": "the-first-registrar",
        }
    )


def _app(settings: ServiceSettings, database: Database) -> FastAPI:
    router = APIRouter()

    @router.get("/mine")
    async def mine(caller: Annotated[Caller, Depends(require("registrar"))]) -> list[str]:
        return list(caller.organisations)

    @router.post("/slow")
    async def slow() -> None:
        async with database.transaction() as connection:
            await connection.execute(
                "insert into idempotency_key (id, body_hash, status, body, headers, kept)"
                " values (sha256('slow'), sha256(''), 201, '', '{}', false)"
            )
            await connection.execute("select pg_sleep(4)")

    return create_app(
        service="trial",
        settings=settings,
        database=database,
        routers=[router],
        readiness=Readiness(),
    )


def _client(app: object) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)  # pyright: ignore[reportArgumentType]
    return httpx.AsyncClient(transport=transport, base_url="http://trial")


async def test_an_api_is_ready_once_it_can_judge_tokens(
    settings: ServiceSettings, database: Database, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.access.keys.FETCH_INTERVAL_MIN_SECONDS", 0.0)
    headers = {"Authorization": f"Bearer {issuer.token('the-first-registrar')}"}
    issuer.away = True
    async with _client(_app(settings, database)) as http:
        waiting = await http.get("/readyz/api")
        refused = await http.get("/mine", headers=headers)
        issuer.away = False
        ready = await http.get("/readyz/api")
        answered = await http.get("/mine", headers=headers)

    assert waiting.status_code == 503
    assert waiting.json()["waiting_for"] == {"api": {"issuer": "the issuer's keys are not known"}}
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/issuer-away")
    assert ready.status_code == 200
    assert answered.json() == ["QZZ"]


async def test_work_cut_off_by_the_deadline_leaves_neither_rows_nor_open_transactions(
    settings: ServiceSettings, database: Database, shared_database: Provisioned
) -> None:
    app = _app(settings, database)
    async with _client(Limits(app, deadline_seconds=0.3)) as http:
        answers = await asyncio.gather(*(http.post("/slow") for _ in range(2)))

    assert [answer.status_code for answer in answers] == [503, 503]

    async def nothing_is_open() -> bool:
        async with database.transaction() as connection:
            open_ones = await connection.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and pid <> pg_backend_pid() and state <> 'idle'"
            )
            rows = await connection.fetchval("select count(*) from idempotency_key")
        return open_ones == 0 and rows == 0

    await until(nothing_is_open, what="the stopped work is rolled back")


async def test_forgetting_goes_on_when_the_database_comes_back(
    shared_database: Provisioned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "FORGET_INTERVAL_SECONDS", 0.01)
    worker = Database(shared_database.worker_url, "worker", 1)
    forgetting = asyncio.create_task(idempotency.forget_in_time(worker))  # not open: unavailable
    await worker.open()
    async with worker.transaction() as connection:
        await connection.execute("select 1")

    async with _owner(shared_database) as owner:
        async with owner.transaction() as connection:
            await connection.execute(
                "insert into idempotency_key"
                " (id, body_hash, status, body, headers, kept, created_at) values"
                " (sha256('old'), sha256(''), 201, '', '{}', false, now() - interval '2 days')"
            )

        async def is_gone() -> bool:
            async with owner.transaction() as connection:
                return await connection.fetchval("select count(*) from idempotency_key") == 0

        await until(is_gone, what="the old answer is forgotten")
    assert not forgetting.done()
    forgetting.cancel()
    await worker.close()


def _owner(shared_database: Provisioned) -> "_Opened":
    return _Opened(Database(shared_database.owner_url, "owner", 1))


class _Opened:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def __aenter__(self) -> Database:
        await self._database.open()
        return self._database

    async def __aexit__(self, *_: object) -> None:
        await self._database.close()
