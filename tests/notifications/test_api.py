"""What is shown of messages, and to whom."""

import dataclasses
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis.access.memberships import Memberships
from chassis.access.register import Grant, Organisation, store_membership, store_organisation
from chassis.access.tokens import member_key
from chassis.database import Database
from chassis.service import ApiContext
from chassis.web.app import create_app
from services.notifications.api import routers
from tests.issuer import Issuer
from tests.notifications.trial import (
    MEMBER_KEY_SECRET,
    Post,
    a_check_due,
    a_consenting_referral,
    a_question,
    a_referral,
)

pytestmark = pytest.mark.postgres

MANAGER = "pcn-manager U99001"
OTHER_MANAGER = "pcn-manager U99002"
OPERATOR = "operator QZZ"
FOREIGN_OPERATOR = "operator QYY"
REGISTRAR = "registrar QZZ"
FOREIGN_REGISTRAR = "registrar QYY"
MEMBERS = (
    MANAGER,
    OTHER_MANAGER,
    OPERATOR,
    FOREIGN_OPERATOR,
    REGISTRAR,
    FOREIGN_REGISTRAR,
    "link-worker U99001",
    "region-analyst QZZ",
)


class Desk:
    """The doors of the service, and members to knock as."""

    def __init__(self, http: httpx.AsyncClient, issuer: Issuer) -> None:
        self._http = http
        self._issuer = issuer

    async def get(self, path: str, member: str, **params: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._issuer.token(member)}"}
        return await self._http.get(path, headers=headers, params=params)


@pytest.fixture
async def desk(post: Post, notifications_issuer: Issuer) -> AsyncIterator[Desk]:
    issuer = notifications_issuer
    database = Database(post.provisioned.api_url, "api", 2)
    await database.open()
    async with post.worker.transaction() as connection:
        for region in ("QZZ", "QYY"):
            await store_organisation(
                connection, Organisation("region", region, region, None, region)
            )
        for pcn in ("U99001", "U99002"):
            await store_organisation(connection, Organisation("pcn", pcn, "QZZ", pcn, pcn))
        for member in MEMBERS:
            role, code = member.split()
            key = member_key(MEMBER_KEY_SECRET, issuer.url, member)
            kind = "pcn" if code.startswith("U") else "region"
            await store_membership(connection, Grant(uuid4(), key, role, kind, code))
    app = create_app(
        service="notifications",
        settings=post.settings,
        database=database,
        routers=routers(ApiContext(post.settings, database, post.clients)),
    )
    transport = httpx.ASGITransport(app=app)
    # Tests change memberships and look at once; a process may remember for a second.
    app.state.access = dataclasses.replace(
        app.state.access, memberships=Memberships(database, staleness_seconds=0)
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://notifications") as http:
        yield Desk(http, issuer)
    await app.state.access.tokens.keys._http.aclose()
    await database.close()


async def test_a_manager_sees_what_became_of_the_networks_messages(post: Post, desk: Desk) -> None:
    await post.apply([a_consenting_referral(post)])
    await post.apply([a_referral(number) for number in range(2, 7)])
    await post.sender().send_due()

    seen: list[dict[str, Any]] = []
    params: dict[str, Any] = {"limit": 3}
    while True:
        page = (await desk.get("/messages", MANAGER, **params)).json()
        seen += page["items"]
        if page["next"] is None:
            break
        params["cursor"] = page["next"]

    assert len({message["id"] for message in seen}) == len(seen) == 7
    assert {message["state"] for message in seen} == {"sent", "pending"}
    assert "example" not in str(seen)
    assert "person_id" not in seen[0]
    sent = (await desk.get("/messages", MANAGER, state="sent")).json()["items"]
    assert len(sent) == 4
    assert (await desk.get("/messages", MANAGER, state="lost")).status_code == 422


async def test_nobody_sees_another_networks_messages(post: Post, desk: Desk) -> None:
    await post.apply([a_referral()])

    assert (await desk.get("/messages", OTHER_MANAGER)).json()["items"] == []
    assert (await desk.get("/messages/counts", OTHER_MANAGER)).json()["items"] == []
    assert (await desk.get("/messages/counts", FOREIGN_OPERATOR)).json()["items"] == []
    assert (await desk.get("/messages", REGISTRAR)).json()["items"] == []
    assert (await desk.get("/messages/counts", REGISTRAR)).json()["items"] == []
    for member in ("link-worker U99001", "region-analyst QZZ", OPERATOR):
        assert (await desk.get("/messages", member)).status_code == 403
    for member in ("link-worker U99001", "region-analyst QZZ"):
        assert (await desk.get("/messages/counts", member)).status_code == 403


async def test_a_registrar_sees_which_owners_of_the_region_were_asked(
    post: Post, desk: Desk
) -> None:
    due = a_check_due(post)
    await post.apply([due, a_check_due(post, 2, question=a_question(email=None)), a_referral()])
    await post.sender().send_due()

    seen = (await desk.get("/messages", REGISTRAR)).json()["items"]

    assert {(one["rule"], one["recipient_kind"], one["region_code"]) for one in seen} == {
        ("listing-check", "owner", "QZZ")
    }
    (sent,) = [one for one in seen if one["state"] == "sent"]
    assert sent["listing_id"] == str(due.data["listing_id"])
    assert sent["check_id"] == str(due.data["check_id"])
    assert sent["pcn_code"] is sent["referral_id"] is None
    assert "example" not in str(seen)
    assert [one["rule"] for one in (await desk.get("/messages", MANAGER)).json()["items"]] == [
        "referrer-told-received"
    ]
    for member in (FOREIGN_REGISTRAR, OTHER_MANAGER):
        assert (await desk.get("/messages", member)).json()["items"] == []
    for member in (REGISTRAR, OPERATOR):
        counts = (await desk.get("/messages/counts", member)).json()["items"]
        assert [
            (one["state"], one["reason"], one["messages"])
            for one in counts
            if one["region_code"] == "QZZ"
        ] == [("sent", None, 1), ("suppressed", "no-address", 1)]


async def test_an_operator_counts_messages_and_opens_none(post: Post, desk: Desk) -> None:
    await post.apply([a_referral(1), a_referral(2), a_referral(1, pcn_code="U99002")])

    counts = (await desk.get("/messages/counts", OPERATOR)).json()["items"]

    assert [(one["pcn_code"], one["state"], one["messages"]) for one in counts] == [
        ("U99001", "pending", 2),
        ("U99002", "pending", 1),
    ]
    own = (await desk.get("/messages/counts", MANAGER)).json()["items"]
    assert [one["pcn_code"] for one in own] == ["U99001"]
