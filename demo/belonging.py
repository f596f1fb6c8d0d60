"""Who in a network knows which groups, what they agreed on, and what room groups say they have.

Without it no page could say whom to ask, no agreement would come to its end, and all room would be
reckoned from what little happened. It is told once, with the first stories of a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from chassis.web.problem_text import answer_in_one_line
from demo.batches import Poster, SeedRefused
from demo.members import Member
from demo.region import Network

ROOM: Final = ("has-capacity", "has-capacity", "waitlist", "no-capacity", "assessment-needed")
"""What the first groups of a network say, in their order."""
GROUPS_NEEDED: Final = len(ROOM)
ENDS_SOON_DAYS: Final = 35
"""Within the time in which the end of an agreement warns."""


class Group(NamedTuple):
    """A listing of a network's own, and the organisation that offers it."""

    listing_id: str
    organization_id: str


def relations(
    network: Network, groups: Sequence[Group], workers: Mapping[tuple[str, str], str], today: date
) -> Iterator[dict[str, Any]]:
    """What a link worker and the network would enter of some groups and a practice."""
    worker = _party("worker", workers[network.code, "link-worker"])
    coach = _party("worker", workers[network.code, "health-coach"])
    practice = _party("practice", network.practices[0].code)
    pcn = _party("pcn", network.code)
    first, second, third, fourth, fifth = (
        _party("organization", group.organization_id) for group in groups[:GROUPS_NEEDED]
    )
    for whom in (first, second, third, fourth, practice):
        yield {"kind": "knows", "who": worker, "whom": whom}
    yield {"kind": "knows", "who": coach, "whom": fifth}
    yield {"kind": "knows", "who": practice, "whom": first}
    for whom, days_ago in ((first, 40), (second, 95)):
        yield {"kind": "visited", "who": worker, "whom": whom, **_days(today, -days_ago)}
    yield {
        "kind": "trained-by",
        "who": worker,
        "whom": third,
        "about": "Talking about money worries.",
        **_days(today, -200),
    }
    yield {
        "kind": "agreement",
        "who": pcn,
        "whom": first,
        "about": "A room on Thursdays, in return for lifts.",
        **_days(today, ENDS_SOON_DAYS - 365, ENDS_SOON_DAYS),
    }
    yield {
        "kind": "agreement",
        "who": pcn,
        "whom": practice,
        "about": "Sharing what a referral needs.",
        **_days(today, -100, 630),
    }


async def tell_belonging(
    poster: Poster,
    network: Network,
    groups: Sequence[Group],
    workers: Mapping[tuple[str, str], str],
    today: date,
) -> None:
    """Tell it for one network, if it has groups enough."""
    chosen = _one_listing_each(groups)
    if len(chosen) < GROUPS_NEEDED:
        return
    url, member = poster.access.directory_url, Member("link-worker", network.code)
    for number, body in enumerate(relations(network, chosen, workers, today)):
        key = f"seed-relation-{network.code}-{number}"
        answer = await poster.send(member, "POST", f"{url}/relations", body, key=key)
        if not answer.is_success:
            raise SeedRefused(f"relation {number}: {answer_in_one_line(answer)}")
    for group, status in zip(chosen, ROOM, strict=False):
        room = f"{url}/services/{group.listing_id}/capacity"
        answer = await poster.send(member, "PUT", room, {"status": status}, version=0)
        if not answer.is_success:
            raise SeedRefused(f"room of {group.listing_id}: {answer_in_one_line(answer)}")


def _one_listing_each(groups: Sequence[Group]) -> list[Group]:
    """The first listing of each organisation."""
    first: dict[str, Group] = {}
    for group in groups:
        first.setdefault(group.organization_id, group)
    return list(first.values())


def _party(kind: str, party_id: str) -> dict[str, str]:
    return {"kind": kind, "id": party_id}


def _days(today: date, begins: int, ends: int | None = None) -> dict[str, str]:
    days = {"from_date": (today + timedelta(days=begins)).isoformat()}
    if ends is not None:
        days["until_date"] = (today + timedelta(days=ends)).isoformat()
    return days
