"""The operator's doors: the flow, the quarantine, and wishes that a consumer carries out."""

from types import SimpleNamespace
from uuid import uuid4

import httpx
import pytest

from chassis.access.keys import SigningKeys
from chassis.access.memberships import Memberships
from chassis.access.requirement import Access
from chassis.access.tokens import TokenRules, TokenVerifier
from chassis.flow_api import flow_router
from chassis.web.app import bare_app
from chassis.web.health import Readiness
from chassis.web.pages import Cursors
from tests.chassis.access.trial import SECRET, grant
from tests.chassis.stream.test_consumer import everything
from tests.chassis.stream.trial import running
from tests.issuer import AUDIENCE
from tests.waiting import until

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]

GOOD, BAD = {"amount": 1}, {"amount": 666}
REASON = {"reason": "The fold was corrected"}


@pytest.fixture
async def doors(trial, issuer, houses):
    """An HTTP client for each role, on the consumer's own database under the api role."""
    rules = TokenRules(
        issuer=issuer.url,
        audience=AUDIENCE,
        algorithms=("ES256",),
        service_clients=frozenset({"console"}),
        member_key_secret=SECRET,
    )
    async with houses.reader_worker.transaction() as connection:
        await grant(connection, issuer.url, "an operator", "operator", "none", "")
        await grant(connection, issuer.url, "a manager", "pcn-manager", "pcn", "U99001")
    async with httpx.AsyncClient(trust_env=False) as to_issuer:
        app = bare_app(
            service="trial",
            release="1",
            routers=[flow_router(SimpleNamespace(database=trial.api))],
            readiness=Readiness(),
        )
        app.state.access = Access(
            TokenVerifier(rules, SigningKeys(issuer.url, to_issuer)),
            Memberships(trial.api),
            "QZZ",
        )
        app.state.cursors = Cursors("a secret of tests")
        tokens = {
            "operator": issuer.token("an operator"),
            "manager": issuer.token("a manager"),
            "service": issuer.service_token("console"),
        }
        clients = {
            role: httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app),
                base_url="http://trial",
                headers={"Authorization": f"Bearer {token}"},
            )
            for role, token in tokens.items()
        }
        yield SimpleNamespace(**clients)
        for client in clients.values():
            await client.aclose()


def keyed() -> dict[str, str]:
    return {"Idempotency-Key": uuid4().hex}


async def test_the_flow_of_every_stream_obeys_the_conservation_law(trial, doors):
    await trial.say("U99001", [GOOD, BAD, GOOD], subjects=["thing/a"] * 3)
    await trial.say("U99002", [GOOD] * 4)
    async with running(trial.consumer()):
        await everything(trial, U99001=3, U99002=4)

        async def heads_are_noted():
            answer = await doors.service.get("/internal/flow")
            items = answer.json()["items"]
            return items if [i["head"] for i in items] == [3, 4] else None

        items = await until(heads_are_noted, what="heads noted")
    for item in items:
        assert item["head"] == sum(
            item[name] for name in ("applied", "skipped", "quarantined", "discarded", "waiting")
        )
    assert (items[0]["applied"], items[0]["quarantined"], items[0]["held"]) == (1, 2, 1)
    assert items[0]["stopped_reason"] is None
    assert items[0]["last_recorded_at"] is not None


async def test_a_page_of_the_flow_goes_on_where_the_last_one_ended(trial, doors):
    for stream in ("U99001", "U99002", "U99003"):
        await trial.say(stream, [GOOD])
    async with running(trial.consumer()):
        await everything(trial, U99001=1, U99002=1, U99003=1)

    first = (await doors.operator.get("/internal/flow", params={"limit": 2})).json()
    last = (
        await doors.operator.get("/internal/flow", params={"limit": 2, "cursor": first["next"]})
    ).json()

    streams = [item["stream"] for item in (*first["items"], *last["items"])]
    assert streams == ["U99001", "U99002", "U99003"]
    assert last["next"] is None


async def test_contents_are_shown_only_to_who_says_why_and_that_is_recorded(trial, doors):
    await trial.say("U99001", [BAD])
    async with running(trial.consumer()):
        await everything(trial, U99001=1)

    listed = (await doors.operator.get("/internal/quarantine")).json()["items"]
    assert [item["reason"] for item in listed] == ["projection-failed"]
    assert not {"value", "headers", "subjects"} & listed[0].keys()
    path = f"/internal/quarantine/{listed[0]['id']}"

    refused = await doors.operator.get(path)
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/reason-required")
    opened = await doors.operator.get(path, headers={"Waymark-Reason": "Looking into it"})

    assert opened.json()["value"] == '{"amount": 666}'
    assert dict(opened.json()["headers"])["ce_sequence"] == "1"
    rows = await trial.books.fetch("select * from quarantine_opening")
    assert [row["reason"] for row in rows] == ["Looking into it"]
    nowhere = await doors.operator.get(
        f"/internal/quarantine/{uuid4()}", headers={"Waymark-Reason": "Looking into it"}
    )
    assert nowhere.status_code == 404
    assert (await doors.operator.get("/internal/quarantine?stream=U99002")).json()["items"] == []


async def test_a_redrive_is_wished_for_once_and_answered_where_location_says(trial, doors):
    projection = trial.projection()
    await trial.say("U99001", [BAD, GOOD], subjects=["thing/a"] * 2)
    async with running(trial.consumer(projection)):
        await everything(trial, U99001=2)
        entry = (await doors.operator.get("/internal/quarantine")).json()["items"][0]
        projection.repaired = True
        path, key = f"/internal/quarantine/{entry['id']}/redrive", keyed()

        first = await doors.operator.post(path, json=REASON, headers=key)
        again = await doors.operator.post(path, json=REASON, headers=key)

        assert first.status_code == again.status_code == 202
        assert first.json() == again.json()

        async def outcome():
            wish = (await doors.operator.get(first.headers["location"])).json()
            return wish["outcome"] if wish["outcome"] != "open" else None

        assert await until(outcome, what="carried out") == "done"
        assert await trial.books.applied("U99001") == [1, 2]
        wishes = await trial.books.fetch("select member_key, reason from stream_wish")
        assert [wish["reason"] for wish in wishes] == [REASON["reason"]]
        gone = await doors.operator.post(path, json=REASON, headers=keyed())
        assert gone.status_code == 409
        assert gone.json()["type"].endswith("/not-in-quarantine")


async def test_an_unreadable_record_can_be_discarded_and_not_redriven(trial, doors):
    await trial.topic.send_raw(b"hello", key=None)
    async with running(trial.consumer()):

        async def listed():
            return (await doors.operator.get("/internal/quarantine")).json()["items"]

        (entry,) = await until(listed, what="listed", timeout_seconds=30)
        path = f"/internal/quarantine/{entry['id']}"
        redrive = await doors.operator.post(f"{path}/redrive", json=REASON, headers=keyed())
        assert redrive.status_code == 409
        discard = await doors.operator.post(f"{path}/discard", json=REASON, headers=keyed())
        assert discard.status_code == 202

        async def is_empty():
            return not await listed()

        await until(is_empty, what="discarded", timeout_seconds=30)


async def test_a_stopped_stream_is_resumed_and_no_other(trial, doors):
    await trial.say("U99001", [GOOD])
    async with running(trial.consumer()) as consumer:
        await everything(trial, U99001=1)
        path = f"/internal/streams/{trial.topic.name}/U99001/resume"
        healthy = await doors.operator.post(path, json=REASON, headers=keyed())
        assert healthy.status_code == 409
        elsewhere = path.replace("U99001", "U99009")
        assert (
            await doors.operator.post(elsewhere, json=REASON, headers=keyed())
        ).status_code == 404

        async with consumer.desk.lock:
            await consumer.desk.stop((trial.topic.name, "U99001"), "a reason of tests")
        await trial.say("U99001", [GOOD])
        resumed = await doors.operator.post(path, json=REASON, headers=keyed())
        assert resumed.status_code == 202
        await everything(trial, U99001=2)


@pytest.mark.parametrize("role", ["manager", "service"])
async def test_only_operators_may_look_into_quarantine_or_wish(role, doors):
    client = getattr(doors, role)
    entry = f"/internal/quarantine/{uuid4()}"
    answers = [
        await client.get("/internal/quarantine"),
        await client.get(entry, headers={"Waymark-Reason": "Looking into it"}),
        await client.post(f"{entry}/redrive", json=REASON, headers=keyed()),
        await client.post(f"{entry}/discard", json=REASON, headers=keyed()),
        await client.post("/internal/streams/a/b/resume", json=REASON, headers=keyed()),
        await client.get(f"/internal/wishes/{uuid4()}"),
    ]
    assert {answer.status_code for answer in answers} == {403}


async def test_the_api_role_can_neither_move_a_position_nor_change_a_wish(trial):
    await trial.books.wish("resume", None, trial.topic.name, "U99001")
    for statement in (
        "update consumer_position set number = 0",
        "update quarantine set state = 'discarded'",
        "delete from quarantine",
        "update stream_wish set outcome = 'done'",
        "delete from stream_wish",
        "delete from quarantine_opening",
    ):
        with pytest.raises(Exception, match="permission denied"):
            async with trial.api.transaction() as connection:
                await connection.execute(statement)
