"""Whom a network knows: the same on every machine, within the directory's rules, and soon to warn."""

from collections import Counter
from datetime import date, timedelta
from typing import Any

from demo.belonging import ENDS_SOON_DAYS, GROUPS_NEEDED, ROOM, Group, relations
from demo.region import networks
from demo.register import WORKER_ROLES
from services.directory.api.relations import NewRelation
from services.directory.domain.relations import (
    AGREEMENT_WARNING_DAYS,
    Span,
    require_parties_fit,
    require_span_fits,
    warned_of_until,
)

TODAY = date(2026, 11, 20)
GROUPS = [Group(f"listing-{n}", f"0198{n:04}-0000-7000-8000-000000000000") for n in range(9)]


def _told(number: int, today: date = TODAY) -> list[dict[str, Any]]:
    network = networks("small")[number]
    workers = {
        (network.code, role): f"0199{number:04}-0000-7000-8000-00000000000{place}"
        for place, role in enumerate(WORKER_ROLES)
    }
    return list(relations(network, GROUPS, workers, today))


def test_a_network_has_relations_of_every_kind_and_few_of_them() -> None:
    kinds = Counter(one["kind"] for one in _told(0))

    assert set(kinds) == {"knows", "visited", "trained-by", "agreement"}
    assert sum(kinds.values()) * len(networks("small")) <= 300
    assert _told(0) == _told(0)


def test_each_is_taken_by_the_directorys_own_form_and_rules() -> None:
    for number in range(len(networks("small"))):
        for body in _told(number):
            form = NewRelation.model_validate(body)
            require_parties_fit(form.kind, form.who.party, form.whom.party)
            require_span_fits(form.kind, Span(form.from_date, form.until_date), TODAY)


def test_no_two_are_the_same_relation() -> None:
    told = [
        (one["kind"], str(one["who"]), str(one["whom"]), one.get("from_date")) for one in _told(0)
    ]

    assert len(set(told)) == len(told)


def test_one_agreement_of_each_network_ends_within_the_time_that_warns() -> None:
    for number in range(len(networks("small"))):
        ends = [
            date.fromisoformat(one["until_date"]) for one in _told(number) if "until_date" in one
        ]
        soon = [day for day in ends if TODAY <= day <= warned_of_until(TODAY)]
        assert soon == [TODAY + timedelta(days=ENDS_SOON_DAYS)]
        assert ENDS_SOON_DAYS < AGREEMENT_WARNING_DAYS
        assert max(ends) > warned_of_until(TODAY)


def test_every_kind_of_room_is_said_of_some_group() -> None:
    assert len(ROOM) == GROUPS_NEEDED
    assert {"has-capacity", "waitlist", "no-capacity"} <= set(ROOM)
