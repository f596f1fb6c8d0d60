"""The journal's doors: for the platform's own services alone, and exactly what the topic holds."""

from contextlib import asynccontextmanager

import httpx
import pytest

from chassis.access.keys import SigningKeys
from chassis.access.memberships import Memberships
from chassis.access.requirement import Access
from chassis.access.tokens import TokenRules, TokenVerifier
from chassis.journal_api import journal_router
from chassis.outbox import record
from chassis.relay import Relay
from chassis.relay.numbering import Numberer
from chassis.web.app import bare_app
from chassis.web.health import Readiness
from tests.chassis.events import (
    a_new_event,
    fill_outbox,
    heads,
    is_all_published,
    opened,
    read_topic,
    running,
)
from tests.issuer import AUDIENCE
from tests.waiting import until

pytestmark = [pytest.mark.postgres, pytest.mark.kafka]


@pytest.fixture
async def provisioned(make_database):
    return await make_database("chassis")


@pytest.fixture
async def worker(provisioned):
    async with opened(provisioned) as database:
        yield database


@pytest.fixture
async def app(provisioned, issuer):
    rules = TokenRules(
        issuer=issuer.url,
        audience=AUDIENCE,
        algorithms=("ES256",),
        service_clients=frozenset({"reporting"}),
        member_key_secret="a member key secret of tests",
    )
    async with opened(provisioned, "api") as api, httpx.AsyncClient(trust_env=False) as to_issuer:
        made = bare_app(
            service="referral",
            release="1",
            routers=[journal_router(api)],
            readiness=Readiness(),
        )
        made.state.access = Access(
            TokenVerifier(rules, SigningKeys(issuer.url, to_issuer)), Memberships(api), "QZZ"
        )
        yield made


@asynccontextmanager
async def asking(app, token: str | None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://referral", headers=headers
    ) as http:
        yield http


@pytest.fixture
async def http(app, issuer):
    async with asking(app, issuer.service_token("reporting")) as client:
        yield client


async def mark_published(worker) -> None:
    """Note that the broker has everything, without a broker."""
    async with worker.transaction() as connection:
        await connection.execute(
            "update stream_head set published = head, published_event_id = head_event_id"
        )


async def test_a_range_holds_byte_for_byte_what_the_topic_holds(
    http, worker, make_topic, kafka_bootstrap
):
    topic = await make_topic(partitions=1)
    events = [a_new_event(related_subjects=["person/a"], version=n) for n in range(1, 6)]
    async with worker.transaction() as connection:
        await record(connection, events)
    async with running(Relay(worker, kafka_bootstrap, topic)):
        await until(lambda: is_all_published(worker, 5), what="published")

    answer = (await http.get("/internal/streams/U99001/events", params={"after": 1})).json()

    in_topic = (await read_topic(kafka_bootstrap, topic))[1:]
    assert answer["next"] is None
    assert [item["number"] for item in answer["items"]] == [2, 3, 4, 5]
    assert [
        ([(name, text.encode()) for name, text in item["headers"].items()], item["value"].encode())
        for item in answer["items"]
    ] == [(list(found.headers), found.value) for found in in_topic]


async def test_heads_say_how_far_each_stream_is_published_and_come_in_pages(http, worker):
    for stream in ["U99001", "U99002", "U99003"]:
        await fill_outbox(worker, stream, 2)
    await Numberer(worker).number()
    await mark_published(worker)
    await fill_outbox(worker, "U99002", 1)
    await Numberer(worker).number()

    first = (await http.get("/internal/streams", params={"limit": 2})).json()
    last = (await http.get("/internal/streams", params={"limit": 2, "after": first["next"]})).json()

    items = first["items"] + last["items"]
    assert (first["next"], last["next"]) == ("U99002", None)
    assert [(i["stream"], i["epoch"], i["head"], i["numbered"]) for i in items] == [
        ("U99001", 1, 2, 2),
        ("U99002", 1, 2, 3),
        ("U99003", 1, 2, 2),
    ]
    assert all(item["event_id"] for item in items)


async def test_a_long_range_is_read_in_pages_by_count_and_by_size(http, worker, monkeypatch):
    await fill_outbox(worker, "U99001", 700)
    while (await Numberer(worker).number()).is_full:
        pass
    await mark_published(worker)

    async def walk(limit: int) -> list[list[int]]:
        pages, walked, after = [], [], 0
        while after is not None:
            page = (
                await http.get(
                    "/internal/streams/U99001/events", params={"after": after, "limit": limit}
                )
            ).json()
            pages.append([item["number"] for item in page["items"]])
            walked.extend(pages[-1])
            after = page["next"]
        assert walked == list(range(1, 701))
        return pages

    by_count = await walk(300)
    assert [len(page) for page in by_count] == [300, 300, 100]
    monkeypatch.setattr("chassis.journal_api.PAGE_SIZE_MAX_BYTES", 500)
    by_size = await walk(1_000)
    assert [len(page) for page in by_size] == [250, 250, 200]


async def test_a_stream_that_is_not_there_is_an_empty_range(http, worker):
    assert await heads(worker) == {}

    answer = await http.get("/internal/streams/U99009/events")

    assert answer.json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    "path",
    [
        "/internal/streams?limit=2001",
        "/internal/streams/U99001/events?limit=1001",
        "/internal/streams/U99001/events?after=-1",
        "/internal/streams/U99001/events?after=9223372036854775808",
        "/internal/streams/U%2099001/events",
    ],
)
async def test_a_question_beyond_its_limits_is_refused(http, path):
    assert (await http.get(path)).status_code == 422


@pytest.mark.parametrize("path", ["/internal/streams", "/internal/streams/U99001/events"])
async def test_only_a_service_of_the_platform_may_ask(app, issuer, path):
    for token, status in [
        (None, 401),
        (issuer.token("a-member"), 403),
        (issuer.service_token("stranger"), 401),
        (issuer.service_token("reporting"), 200),
    ]:
        async with asking(app, token) as http:
            assert (await http.get(path)).status_code == status
