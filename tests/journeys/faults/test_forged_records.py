"""Records nobody told under numbers of real streams: refused, or the stream stops and says so."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from aiokafka import TopicPartition

from contracts.referral.v1 import ReferralCreated
from contracts.topics import REFERRAL
from tests.chassis.stream.trial import Wire
from tests.journeys.faults import topic
from tests.journeys.faults.load import load_on, settle
from tests.live import LivePlatform, a_referral, eventually, post

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(300),
]

CONSUMERS = ("directory", "notifications", "reporting")
# The directory reads referral's topic twice: for needs that are referred, and for its listings.
STOPPED_OF_ONE_STREAM = 4
STREAM, PRACTICE = "U99003", "Y99011"
FAR = 2**40
# Few enough that the load reaches it while the test looks on.
SOON = 8


def test_numbers_nobody_gave_are_refused_and_change_nothing(live: LivePlatform) -> None:
    bootstrap = live.bootstrap
    where, genuine = _last_referral(live, bootstrap)
    head = _line(live, "reporting")["head"]
    refused = _line(live, "reporting")["refused"]
    # While nothing else happens: another event under the number that was applied last.
    at_head = _forged(genuine, head)
    topic.send(bootstrap, [(where, at_head)])
    eventually("it is refused", lambda: _line(live, "reporting")["refused"] == refused + 1)

    with load_on(live) as load:
        forged = [
            _forged(genuine, head + FAR),
            _forged(genuine, head + SOON),
            _forged(genuine, head + 2 * SOON),
            _forged(genuine, head + 2 * SOON),
            _forged(genuine, head + FAR).changed(ce_epoch=b"0"),
        ]
        topic.send(bootstrap, topic.buried(where, forged, genuine))
        answered = len(load.answered)
        eventually(
            "the stream has gone past those numbers",
            lambda: (
                _line(live, "reporting")["applied"]
                and _line(live, "reporting")["head"] > head + 3 * SOON
            ),
        )
        assert len(load.answered) > answered

    line = _line(live, "reporting")
    assert line["refused"] == refused + 1 + len(forged)
    assert line["stopped_reason"] is None
    assert _reported(live, [at_head, *forged]) == 0


def test_an_unexpected_epoch_stops_its_stream_with_an_alarm_until_somebody_resumes_it(
    live: LivePlatform,
) -> None:
    bootstrap = live.bootstrap
    where, genuine = _last_referral(live, bootstrap)
    head = _line(live, "reporting")["head"]
    later = _forged(genuine, head + 1).changed(ce_epoch=b"2")
    topic.send(bootstrap, topic.buried(where, [later], genuine))
    for service in CONSUMERS:
        eventually(
            f"{service} stops",
            lambda service=service: _line(live, service)["stopped_reason"] == "unexpected-epoch",
        )

    with live.client("referral", "referrer", practice=PRACTICE) as referrer:
        waiting = post(referrer, "/referrals", a_referral(PRACTICE))
    with live.client("referral", "referrer", practice="Y99001") as referrer:
        flowing = post(referrer, "/referrals", a_referral("Y99001"))

    eventually("it is seen to wait", lambda: _line(live, "reporting")["waiting"] > 0)
    eventually("other networks flow", lambda: _is_reported(live, flowing["id"]))
    assert not _is_reported(live, waiting["id"])
    _the_alarm_is_seen(live)

    for service in CONSUMERS:
        outcome = live.verb(
            "quarantine",
            "resume",
            service,
            REFERRAL.name,
            STREAM,
            "--reason",
            "a record was forged by a test",
            "--json",
        )
        assert json.loads(outcome)["outcome"] == "done"
    settle(live, [waiting["id"], flowing["id"]])
    assert _reported(live, [later]) == 0
    assert all(_line(live, service)["stopped_reason"] is None for service in CONSUMERS)


def _last_referral(live: LivePlatform, bootstrap: str) -> tuple[TopicPartition, Wire]:
    """A referral of the stream as the topic holds it, posted now, and where it lies."""
    begin = topic.ends(bootstrap)
    with live.client("referral", "referrer", practice=PRACTICE) as referrer:
        referral = post(referrer, "/referrals", a_referral(PRACTICE))
    settle(live, [referral["id"]])
    told = topic.read(bootstrap, begin, topic.ends(bootstrap))
    record = next(
        one
        for one in told
        if dict(one.headers)["ce_type"] == ReferralCreated.type.encode()
        and json.loads(one.value)["referral_id"] == referral["id"]
    )
    return TopicPartition(record.topic, record.partition), topic.wire_of(record)


def _forged(genuine: Wire, number: int) -> Wire:
    """Another event of that shape about another referral, under a number of the forger's choice."""
    value = json.loads(genuine.value or b"")
    value |= {"referral_id": str(uuid4()), "episode_id": str(uuid4())}
    claimed = genuine.changed(ce_id=str(uuid4()).encode(), ce_sequence=b"%d" % number)
    return claimed.saying(json.dumps(value).encode())


def _line(live: LivePlatform, service: str) -> dict[str, Any]:
    lines = live.flow(service)
    return next(one for one in lines if (one["topic"], one["stream"]) == (REFERRAL.name, STREAM))


def _reported(live: LivePlatform, wires: list[Wire]) -> int:
    ids = [UUID(json.loads(wire.value or b"")["referral_id"]) for wire in wires]
    sql = "select count(*)::int as found from referral_fact where referral_id = any($1)"
    return asyncio.run(live.rows("reporting", sql, ids))[0]["found"]


def _is_reported(live: LivePlatform, referral_id: str) -> bool:
    sql = "select 1 from referral_fact where referral_id = $1"
    return bool(asyncio.run(live.rows("reporting", sql, UUID(referral_id))))


def _the_alarm_is_seen(live: LivePlatform) -> None:
    """By a machine in the metrics, by a person on the console's page."""
    stopped = re.compile(rf'waymark_stream_stopped{{[^}}]*stream="{STREAM}"[^}}]*}} 1\.0')
    for service in CONSUMERS:
        url = f"{live.url(service)}/metrics"
        eventually(
            f"the metrics of {service} say so",
            lambda url=url: stopped.search(httpx.get(url, trust_env=False).text),
        )
    with _at_the_console(live) as browser:

        def shown() -> str | None:
            text = browser.get("/operations").raise_for_status().text
            return text if f"{STOPPED_OF_ONE_STREAM} streams stopped" in text else None

        page = eventually("the page counts them", shown)
        link = re.search(r'href="(/operations/stopped/reporting/[^"]+)"', page)
        assert link, "the page leads to why"
        assert "unexpected-epoch" in browser.get(unescape(link[1])).raise_for_status().text


@contextmanager
def _at_the_console(live: LivePlatform) -> Iterator[httpx.Client]:
    """A browser in which an operator has signed in, through the issuer's page."""
    with (
        httpx.Client(base_url=live.url("console"), trust_env=False, timeout=15.0) as browser,
        httpx.Client(trust_env=False, timeout=15.0) as elsewhere,
    ):
        address = browser.get("/sign-in", params={"to": "/operations"}).headers["location"]
        page = elsewhere.get(address).raise_for_status().text
        kept = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
        fields = {name: unescape(value) for name, value in kept}
        chosen = {**fields, "subject": "demo-operator-QZZ"}
        back = elsewhere.post(address.partition("?")[0], data=chosen)
        browser.get(back.headers["location"])
        yield browser
