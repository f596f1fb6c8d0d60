"""A creating request happens once, however often and however many at a time it is sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from pydantic import Field
from starlette.responses import Response

from chassis.access.caller import Caller
from chassis.database import Database
from chassis.ledger import Ledger
from chassis.provisioning import Provisioned
from chassis.refusals import Refusal
from chassis.web import idempotency
from chassis.web.app import bare_app
from chassis.web.fields import RequestModel
from chassis.web.health import Readiness
from chassis.web.idempotency import Answer, Keyed, answer_once, hash_item, remember, remembered

pytestmark = pytest.mark.postgres


class Thing(RequestModel):
    name: Annotated[str, Field(max_length=50)]


class Things:
    """Routes that create rows, and a gate that holds one of them open."""

    def __init__(self, database: Database, *, with_ledger: bool) -> None:
        self.database = database
        self.with_ledger = with_ledger
        self.hold = asyncio.Event()
        self.hold.set()
        self.entered = asyncio.Event()

    def router(self) -> APIRouter:
        router = APIRouter()

        @router.post("/things", status_code=201)
        async def create(body: Thing, keyed: Keyed, request: Request) -> Response:
            caller = Caller(request.headers.get("caller", "member"), None, ())
            async with self.database.transaction() as connection:

                async def effect() -> Answer:
                    self.entered.set()
                    await self.hold.wait()
                    number = await connection.fetchval(
                        "insert into thing (name) values ($1) returning id", body.name
                    )
                    if body.name == "refused":
                        raise Refusal(409, "still-running", "Not this one.")
                    return Answer(201, {"id": number, "name": body.name}, {"ETag": '"1"'})

                ledger = Ledger(caller, "thing.create") if self.with_ledger else None
                return await answer_once(connection, caller, keyed, effect, ledger=ledger)

        return router


@pytest.fixture(params=[False, True], ids=["alone", "with a ledger"])
async def things(
    shared_database: Provisioned, request: pytest.FixtureRequest
) -> AsyncIterator[Things]:
    owner = await asyncpg.connect(shared_database.owner_url)
    await owner.execute("create table if not exists thing (id bigserial primary key, name text)")
    await owner.execute("delete from thing")
    await owner.execute("delete from idempotency_key")
    await owner.execute("grant select, insert on thing to public")
    await owner.execute("grant usage on sequence thing_id_seq to public")
    await owner.close()
    database = Database(shared_database.api_url, "api", 8)
    await database.open()
    yield Things(database, with_ledger=request.param)
    await database.close()


@pytest.fixture
async def http(things: Things) -> AsyncIterator[httpx.AsyncClient]:
    app: FastAPI = bare_app(
        service="trial", release="1", routers=[things.router()], readiness=Readiness()
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://trial") as client:
        yield client


async def _count(things: Things) -> int:
    async with things.database.transaction() as connection:
        return await connection.fetchval("select count(*) from thing")


async def _post(
    http: httpx.AsyncClient, key: str, name: str = "A", caller: str = "member"
) -> httpx.Response:
    return await http.post(
        "/things", json={"name": name}, headers={"Idempotency-Key": key, "caller": caller}
    )


async def test_the_same_request_again_gets_the_same_answer_and_does_nothing(
    http: httpx.AsyncClient, things: Things
) -> None:
    first = await _post(http, "k1")
    again = await _post(http, "k1")

    assert (again.status_code, again.content, again.headers["etag"]) == (201, first.content, '"1"')
    assert again.headers["idempotent-replay"] == "true"
    assert "idempotent-replay" not in first.headers
    assert await _count(things) == 1


async def test_another_body_under_the_key_is_refused(
    http: httpx.AsyncClient, things: Things
) -> None:
    await _post(http, "k1")
    other = await _post(http, "k1", name="B")

    assert (other.status_code, other.json()["type"]) == (422, "/problems/key-reused")
    assert await _count(things) == 1


async def test_a_key_belongs_to_its_caller(http: httpx.AsyncClient, things: Things) -> None:
    assert (await _post(http, "k1", caller="one")).json()["id"] != (
        await _post(http, "k1", caller="two")
    ).json()["id"]
    assert await _count(things) == 2


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": ""}, {"Idempotency-Key": "   "}])
async def test_without_a_key_each_request_is_one_of_its_own(
    headers: dict[str, str], http: httpx.AsyncClient, things: Things
) -> None:
    first, second = [
        await http.post("/things", json={"name": "A"}, headers=headers) for _ in range(2)
    ]

    assert first.status_code == second.status_code == 201
    assert first.json()["id"] != second.json()["id"]
    assert await _count(things) == 2


async def test_a_second_request_while_the_first_runs_is_told_to_come_back(
    http: httpx.AsyncClient, things: Things
) -> None:
    things.hold.clear()
    first = asyncio.create_task(_post(http, "k1"))
    await things.entered.wait()

    second = await _post(http, "k1")
    things.hold.set()

    assert (second.status_code, second.json()["type"]) == (409, "/problems/still-running")
    assert int(second.headers["retry-after"]) > 0
    assert (await first).status_code == 201
    assert (await _post(http, "k1")).content == (await first).content
    assert await _count(things) == 1


async def test_twelve_at_once_create_one(http: httpx.AsyncClient, things: Things) -> None:
    answers = await asyncio.gather(*(_post(http, "k1") for _ in range(12)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert await _count(things) == 1


async def test_a_refused_request_leaves_nothing_behind_and_may_be_tried_again(
    http: httpx.AsyncClient, things: Things
) -> None:
    for _ in range(2):
        assert (await _post(http, "k1", name="refused")).status_code == 409
    assert await _count(things) == 0
    assert (await _post(http, "k1")).status_code == 201


async def test_the_key_itself_is_not_stored(http: httpx.AsyncClient, things: Things) -> None:
    await _post(http, "Zebedee Quillfeather 9990000000")

    async with things.database.transaction() as connection:
        stored = await connection.fetchval("select idempotency_key::text from idempotency_key")
    assert "Zebedee" not in stored


async def test_batch_items_are_remembered_by_their_own_keys(things: Things) -> None:
    caller = Caller("member", None, ())
    items = [Thing(name=f"n{number}") for number in range(5)]
    answers: list[tuple[str, bytes, Answer]] = [
        (item.name, hash_item(item), Answer(201, {"name": item.name})) for item in items
    ]
    async with things.database.transaction() as connection:
        assert await remembered(connection, caller, "things", ["n1"]) == {}
        await remember(connection, caller, "things", answers)

    async with things.database.transaction() as connection:
        known = await remembered(connection, caller, "things", ["n1", "n4", "n9"])
        elsewhere = await remembered(connection, caller, "contacts", ["n1"])
    assert {key: one.body for key, one in known.items()} == {
        "n1": '{"name":"n1"}',
        "n4": '{"name":"n4"}',
    }
    assert known["n1"].body_hash == hash_item(items[1])
    assert elsewhere == {}


async def test_two_batches_with_one_key_cannot_both_commit(things: Things) -> None:
    caller = Caller("member", None, ())
    answers = [("k", b"h" * 32, Answer(201, {}))]
    async with things.database.transaction() as connection:
        await remember(connection, caller, "things", answers)

    with pytest.raises(idempotency.KeyInUse):
        async with things.database.transaction() as connection:
            await remember(connection, caller, "things", answers)


async def test_old_answers_are_forgotten_in_batches_and_batch_keys_are_kept(
    http: httpx.AsyncClient,
    things: Things,
    shared_database: Provisioned,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(idempotency, "FORGET_BATCH_SIZE_MAX", 2)
    for key in ("k1", "k2", "k3"):
        await _post(http, key)
    caller = Caller("member", None, ())
    async with things.database.transaction() as connection:
        await remember(connection, caller, "things", [("b", b"h" * 32, Answer(201, {}))])
    owner: Any = await asyncpg.connect(shared_database.owner_url)
    await owner.execute("update idempotency_key set created_at = now() - interval '25 hours'")
    await owner.close()
    await _post(http, "k4")
    worker = Database(shared_database.worker_url, "worker", 1)
    await worker.open()

    forgotten: list[int] = []
    for _ in range(3):
        async with worker.transaction() as connection:
            forgotten.append(await idempotency.forget_expired(connection))
    await worker.close()

    assert forgotten == [2, 1, 0]
    async with things.database.transaction() as connection:
        assert await connection.fetchval("select count(*) from idempotency_key") == 2


async def test_an_answer_writes_times_and_ids_as_the_platform_does() -> None:
    moment = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
    written = idempotency._as_json({"at": moment, "day": moment.date(), "id": UUID(int=1)})

    assert json.loads(written) == {
        "at": "2026-03-31T09:30:00+00:00",
        "day": "2026-03-31",
        "id": "00000000-0000-0000-0000-000000000001",
    }
    with pytest.raises(TypeError):
        idempotency._as_json({"x": object()})
