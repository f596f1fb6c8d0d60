"""Records of every kind that no reader wants, in the real topic, among referrals that must arrive."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import MessageSizeTooLargeError

from contracts.referral.v1 import ReferralCreated
from contracts.topics import REFERRAL
from tests.chassis.stream.poison import OF_NOBODY_UNREADABLE, ON_THE_WAY, PERSONAL, of_nobody
from tests.chassis.stream.trial import Wire
from tests.journeys.faults import topic
from tests.journeys.faults.load import load_on
from tests.live import SERVICES, LivePlatform, eventually

pytestmark = [
    pytest.mark.platform,
    pytest.mark.xdist_group("platform"),
    pytest.mark.timeout(300),
]

CONSUMERS = ("directory", "notifications", "reporting")
MEMORY_BYTES_MAX = 300 * 1024 * 1024
WIDE_BYTES = 6_000_000
# More than the broker takes of anybody, and less than the producer itself would refuse.
TOO_WIDE_BYTES = 2_000_000


def test_poison_of_every_kind_among_good_records_costs_no_good_one(live: LivePlatform) -> None:
    bootstrap = live.bootstrap
    healed_before = _healed(live)
    with load_on(live) as load, live.without("reporting"):
        begin = topic.ends(bootstrap)
        wanted = len(load.answered) + len(ON_THE_WAY)
        eventually("enough referrals to break", lambda: len(load.answered) > wanted)
        told, end = _published(bootstrap, begin, len(ON_THE_WAY))
        topic.delete(bootstrap, end)
        with topic.allowing(bootstrap, WIDE_BYTES):
            topic.send(bootstrap, [*_broken(told), *_strays(told)])

    assert _healed(live) - healed_before >= len(ON_THE_WAY)
    assert {one["state"] for one in live.status()["services"]} == {"ready"}
    assert {name: size for name, size in _sizes(live).items() if size > MEMORY_BYTES_MAX} == {}
    for service in CONSUMERS:
        eventually(
            f"{service} has set aside what is nobody's",
            lambda service=service: _set_aside(live, service) >= OF_NOBODY_UNREADABLE,
        )
        kept = _quarantine(live, service)
        assert {(one["kind"], one["reason"]) for one in kept} == {
            ("unreadable", "unreadable-envelope")
        }
    _nobody_is_named(live)
    _discard_all(live)


def test_a_record_over_the_brokers_limit_is_refused_to_whoever_sends_it(
    live: LivePlatform,
) -> None:
    """Nothing of it reaches a reader: it is the producer that learns of it."""
    bootstrap = live.bootstrap
    before = topic.ends(bootstrap)
    where = next(iter(before))
    with pytest.raises(MessageSizeTooLargeError):
        topic.send(bootstrap, [(where, Wire("U99001", 0, [], b"x" * TOO_WIDE_BYTES))])
    assert topic.ends(bootstrap)[where] == before[where]


Placed = tuple[TopicPartition, Wire]


def _published(bootstrap: str, begin: topic.Ends, count: int) -> tuple[list[Any], topic.Ends]:
    """What the topic holds, once it holds that many referrals, and where it then ends."""

    def enough() -> tuple[list[Any], topic.Ends] | None:
        end = topic.ends(bootstrap)
        told = topic.read(bootstrap, begin, end)
        return (told, end) if sum(_is_referral(one) for one in told) >= count else None

    return eventually("the topic has them", enough)


def _is_referral(record: Any) -> bool:
    return dict(record.headers)["ce_type"] == ReferralCreated.type.encode()


def _broken(told: list[Any]) -> list[Placed]:
    """The records as they were, but one referral broken in each of the ways there are."""
    ways = iter(ON_THE_WAY.values())
    placed: list[Placed] = []
    for record in told:
        wire = topic.wire_of(record)
        way = next(ways, None) if _is_referral(record) else None
        where = TopicPartition(record.topic, record.partition)
        placed.append((where, way(wire) if way else wire))
    assert next(ways, None) is None, "every kind was planted"
    return placed


def _strays(told: list[Any]) -> list[Placed]:
    where = {one.key.decode(): TopicPartition(one.topic, one.partition) for one in told}
    stream, partition = next(iter(where.items()))
    genuine = next(one for one in told if one.key.decode() == stream)
    return topic.buried(partition, list(of_nobody(stream).values()), topic.wire_of(genuine))


def _healed(live: LivePlatform) -> int:
    lines = live.flow("reporting")
    return sum(line["healed"] for line in lines if line["topic"] == REFERRAL.name)


def _sizes(live: LivePlatform) -> dict[str, int]:
    return {
        f"{one['service']} {' '.join(one['roles'])}": psutil.Process(one["pid"]).memory_info().rss
        for one in live.status()["services"]
        if one["service"] in SERVICES
    }


def _set_aside(live: LivePlatform, service: str) -> set[str]:
    """What was wrong with records set aside, also with those whose streams were healed since."""
    sql = "select detail from quarantine where kind = 'unreadable'"
    return {row["detail"] for row in asyncio.run(live.rows(service, sql))}


def _quarantine(live: LivePlatform, service: str) -> list[dict[str, Any]]:
    """What a service keeps; all of it fits one page of the largest size."""
    with live.client(service, "operator", region="QZZ") as http:
        page = http.get("/internal/quarantine", params={"limit": 100}).raise_for_status().json()
    assert page["next"] is None
    return page["items"]


def _nobody_is_named(live: LivePlatform) -> None:
    """Neither lists nor logs nor metrics repeat what a record said of somebody."""
    shown = {
        "list": live.verb("quarantine", "list"),
        "json": live.verb("quarantine", "list", "--json"),
    }
    for one in live.status()["services"]:
        if one["service"] in SERVICES:
            shown[one["log"]] = Path(one["log"]).read_text(encoding="utf-8", errors="replace")
            shown[one["http"]] = httpx.get(f"{one['http']}/metrics", trust_env=False).text
    told = [name for name, text in shown.items() for word in PERSONAL.split() if word in text]
    assert told == []


def _discard_all(live: LivePlatform) -> None:
    """What can never be read is looked at and given up, and the list is empty again."""
    for service in CONSUMERS:
        with live.client(service, "operator", region="QZZ") as http:
            for one in _quarantine(live, service):
                http.post(
                    f"/internal/quarantine/{one['id']}/discard",
                    json={"reason": "planted by a test"},
                    headers={"Idempotency-Key": str(uuid4())},
                ).raise_for_status()
    eventually("nothing is left", lambda: not any(_quarantine(live, one) for one in CONSUMERS))
