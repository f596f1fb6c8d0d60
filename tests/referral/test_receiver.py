"""Speaking to a receiver: what each of its answers means, and what it is told."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import ValidationError

from chassis.access.service_client import ServiceClient
from chassis.database import COMMAND_TIMEOUT_SECONDS, Database
from chassis.service import WorkerContext
from services.referral.domain.writeback import ACKNOWLEDGED_WITHIN_SECONDS, Delivery
from services.referral.gateways.receiver import (
    HAND_OVER_SECONDS_MAX,
    HttpReceiver,
    ReceiverAway,
    Refused,
)
from services.referral.schedules import schedules
from services.referral.settings import ReferralSettings
from services.referral.use_cases.handing_over import COUNT_SECONDS, LEASE_SECONDS
from tests.architecture.test_routes import SETTINGS


def a_delivery(**changes: Any) -> Delivery:
    known: dict[str, Any] = {
        "id": uuid4(),
        "kind": "code",
        "code": "871731000000106",
        "withdraws": None,
        "practice_code": "Y99001",
        "occurred_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
        "worker_id": uuid4(),
        "attempts": 1,
        "nhs_number": "9990000018",
        "given_name": "Ada",
        "family_name": "Example",
        "birth_date": date(1951, 4, 12),
        "document": None,
        "content_hash": None,
        **changes,
    }
    return Delivery(**known)


def answering(answer: httpx.Response | Exception, seen: list[httpx.Request]) -> HttpReceiver:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return HttpReceiver("http://receiver.example.org/", "a token", http)


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (httpx.Response(200, json={"acknowledged": True}), "acknowledged"),
        (httpx.Response(202, json={}), "taken"),
        (httpx.Response(422, json={"reason": "person-not-known"}), Refused("person-not-known")),
        (httpx.Response(404, json={"reason": "it rains"}), Refused("other")),
        (httpx.Response(400, text="no"), Refused("other")),
    ],
)
async def test_a_receivers_answer_says_which_of_three_things_happened(
    answer: httpx.Response, receipt: object
) -> None:
    seen: list[httpx.Request] = []
    delivery = a_delivery()

    assert await answering(answer, seen).hand_over(delivery) == receipt

    (request,) = seen
    assert (request.method, request.url.path) == ("PUT", f"/items/{delivery.id}")
    assert request.headers["Authorization"] == "Bearer a token"
    assert b"871731000000106" in request.content


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(401),
        httpx.Response(429),
        httpx.Response(302, headers={"Location": "http://elsewhere.example.org"}),
        httpx.Response(200, text="not what was agreed"),
        httpx.Response(200, content=b" " * 100_000),
        httpx.ConnectError("away"),
        httpx.ReadTimeout("silent"),
    ],
)
async def test_anything_else_is_no_answer_and_names_nobody(
    answer: httpx.Response | Exception,
) -> None:
    with pytest.raises(ReceiverAway) as raised:
        await answering(answer, []).hand_over(a_delivery())

    assert str(raised.value) == ""
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


async def test_a_receiver_counts_by_practice_or_is_away() -> None:
    assert await answering(httpx.Response(200, json={"items": 7}), []).count("Y99001") == 7
    for answer in (httpx.Response(200, json={"items": -1}), httpx.Response(503)):
        with pytest.raises(ReceiverAway):
            await answering(answer, []).count("Y99001")


def test_a_region_hands_over_by_tls_alone_and_to_nobody_unless_told() -> None:
    region = {**SETTINGS, "mode": "region", "issuer_url": "https://issuer.example.org"}
    url = "https://receiver.example.org"

    assert ReferralSettings.model_validate(region).writeback_receiver_url is None
    told = ReferralSettings.model_validate({**region, "writeback_receiver_url": url})
    assert told.writeback_receiver_url == url
    with pytest.raises(ValidationError):
        ReferralSettings.model_validate(
            {**region, "writeback_receiver_url": url.replace("https", "http")}
        )


def test_nothing_is_handed_over_until_a_receiver_is_named() -> None:
    names: dict[str | None, list[str]] = {}
    for url in (None, "http://receiver.example.org"):
        settings = ReferralSettings.model_validate({**SETTINGS, "writeback_receiver_url": url})
        database = Database("postgresql://127.0.0.1:1/none", "worker")
        context = WorkerContext(settings, database, ServiceClient(settings))
        names[url] = [schedule.name for schedule in schedules(context)]

    assert [name for name in names[None] if "writeback" in name] == []
    assert set(names["http://receiver.example.org"]) - set(names[None]) == {
        "writeback",
        "writeback counts",
    }


def test_a_gap_shows_and_an_acknowledgement_is_missed_within_the_minute() -> None:
    assert COUNT_SECONDS + HAND_OVER_SECONDS_MAX < 60
    assert ACKNOWLEDGED_WITHIN_SECONDS <= 60
    # A lease that ran out before the answer came would hand over twice for nothing.
    assert LEASE_SECONDS > HAND_OVER_SECONDS_MAX + COMMAND_TIMEOUT_SECONDS
