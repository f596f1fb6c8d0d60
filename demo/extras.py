"""What is told of a network beside its referrals: signposts, cohorts, supervision, the open door.

Each of it is told once: a network whose first story was told before has had all of it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from chassis.web.problem_text import answer_in_one_line
from demo import shares
from demo.batches import Poster, SeedRefused
from demo.days import drawn, working_moment
from demo.members import Member
from demo.people import nhs_number, synthetic_person
from demo.region import Network, RegionSize
from demo.scripts import ADULTS_ONLY, RETURNED
from demo.telling import Story

COHORT_SIZE: Final = 10
AT_ONCE: Final = 3
OPENED_WITHIN_SECONDS: Final = 60.0
LOOK_AGAIN_SECONDS: Final = 0.5
_SERIALS: Final[Mapping[RegionSize, int]] = {"small": 15_000, "region": 515_000}
_SERIALS_A_NETWORK: Final = 16_000
_OFFER_ANSWERS: Final = (  # assumed
    ("accepted", 35), ("declined", 25), ("not-reached", 20), (None, 20),
)  # fmt: skip
_SUPERVISION: Final = {  # what each role is entitled to, and how many weeks apart
    "link-worker": (("clinical", 4), ("emotional", 4)),
    "health-coach": (("mentoring", 6),),
    "care-coordinator": (("clinical", 6),),
}
_SUPERVISED_WEEKS: Final = 24


@dataclass(frozen=True, slots=True)
class Signposted:
    """Somebody was told where to turn; nothing says who."""

    at: datetime
    practice_code: str
    need: str
    pick: int
    agreed: bool
    answer: str | None


def signposts(
    draw: random.Random, network: Network, told: Sequence[Story], today: date
) -> list[Signposted]:
    """The signposts of a network: so many to each episode of support that is told in full."""
    supported = sum(story.in_full and bool(story.made) for story in told)
    found: list[Signposted] = []
    for _ in range(round(supported * shares.SIGNPOSTS_PER_EPISODE)):
        at = working_moment(draw, today - timedelta(days=draw.randrange(1, 200)), step=-1)
        agreed = draw.random() < shares.ECHO_AGREED
        heard = agreed and draw.random() < shares.ECHO_ANSWERED
        heard = heard and at.date() < today - timedelta(days=21)
        # Who answers at all more often got there; among all it is one in ten.
        got_there = draw.random() < shares.GOT_THERE / (shares.ECHO_AGREED * shares.ECHO_ANSWERED)
        found.append(
            Signposted(
                at=at,
                practice_code=draw.choice(network.practices).code,
                need=drawn(draw, shares.NEEDS),
                pick=draw.randrange(1_000),
                agreed=agreed,
                answer=("got-there" if got_there else "did-not") if heard else None,
            )
        )
    return found


class Extras:
    """Tells it for one network."""

    def __init__(
        self,
        poster: Poster,
        network: Network,
        size: RegionSize,
        today: date,
        listings: Mapping[str, Sequence[str]],
    ) -> None:
        self._poster = poster
        self._network = network
        self._size: RegionSize = size
        self._today = today
        self._listings = listings
        self._draw = random.Random(f"waymark extras {size} {network.code}")
        self._base = poster.access.referral_url
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def tell(self, told: Sequence[Story], workers: Mapping[tuple[str, str], str]) -> int:
        """Tell all of it; how many signposts there were."""
        found = signposts(self._draw, self._network, told, self._today)
        await self._rules()
        await self._supervision(workers)
        await self._cohort()
        await self._open_door()
        async with asyncio.TaskGroup() as group:
            for number, one in enumerate(found):
                group.create_task(self._signpost(number, one))
        return len(found)

    async def _rules(self) -> None:
        """One network helps adults only, and all are closed for a day's training."""
        code = self._network.code
        manager = Member("pcn-manager", code)
        if code == ADULTS_ONLY:
            url = f"{self._base}/pcns/{code}/safeguarding"
            body = {"rule": "not-accepted", "better_route": "children-and-young-people"}
            await self._put_over(manager, url, f"{self._base}/pcns/{code}/under-18-rule", body)
        day = self._today + timedelta(days=12)
        while day.weekday() >= 5:
            day += timedelta(days=1)
        url = f"{self._base}/pcns/{code}/waiting-rules"
        closures = f"{self._base}/pcns/{code}/closures/{day.isoformat()}"
        await self._put_over(manager, url, closures, {"reason": "training"})

    async def _put_over(self, member: Member, seen: str, url: str, body: Mapping[str, Any]) -> None:
        read = await self._poster.send(member, "GET", seen)
        version = int(read.headers["ETag"].strip('"'))
        _check(await self._poster.send(member, "PUT", url, body, version=version), "a rule")

    async def _supervision(self, workers: Mapping[tuple[str, str], str]) -> None:
        for role, entitled in _SUPERVISION.items():
            member = Member(role, self._network.code)
            url = f"{self._base}/workers/{workers[self._network.code, role]}"
            at = self._moment(self._draw.randrange(60, 300))
            body = {"topic": "safeguarding", "minutes": 180, **_times(at)}
            await self._post(member, f"{url}/trainings", body, f"training-{role}")
            for kind, weeks in entitled:
                for weeks_ago in range(_SUPERVISED_WEEKS, 0, -weeks):
                    if self._draw.random() >= shares.SUPERVISED:
                        continue
                    body = {
                        "supervision": kind,
                        "minutes": 60,
                        **_times(self._moment(7 * weeks_ago)),
                    }
                    key = f"supervision-{role}-{kind}-{weeks_ago}"
                    await self._post(member, f"{url}/supervisions", body, key)

    async def _cohort(self) -> None:
        """A practice names people at risk; each is offered support and answers, or does not."""
        code, practice = self._network.code, self._network.practices[0]
        member = Member("care-navigator", practice.code)
        at = self._moment(45)
        body = {
            "name": "Most at risk, winter (synthetic)",
            "practice_code": practice.code,
            "reason": "most-at-risk",
            **_times(at),
        }
        made = await self._post(member, f"{self._base}/pcns/{code}/cohorts", body, "cohort")
        people = [
            {
                "key": f"cohort-{self._size}-{code}-{number}",
                "person": person,
                "mode": self._draw.choice(("phone", "phone", "video")),
                **_times(at + timedelta(hours=number + 1)),
            }
            for number, person in enumerate(self._people(COHORT_SIZE, at))
        ]
        members = f"{self._base}/cohorts/{made['id']}/members"
        offered = await self._poster.post_each(member, f"{members}/batch", people)
        for body in offered:
            answer = drawn(self._draw, _OFFER_ANSWERS)
            if answer is None:
                continue
            said: dict[str, Any] = {"outcome": answer, **_times(self._moment(20))}
            if answer == "accepted":
                said |= {"needs": [drawn(self._draw, shares.NEEDS)]}
            url = f"{members}/{body['person_id']}/outcome"
            key = f"seed-offer-{made['id']}-{body['person_id']}"
            answered = await self._poster.send(member, "POST", url, said, key=key)
            _check(answered, "an offer's answer")

    async def _open_door(self) -> None:
        """Two people asked for themselves; one of them has been spoken with."""
        url = f"{self._base}/self-referrals"
        for person in self._people(2, datetime.now(UTC)):
            body = {
                "practice_code": self._network.practices[0].code,
                "person": {name: person[name] for name in _AT_THE_DOOR},
                "needs": [drawn(self._draw, shares.NEEDS)],
                "words": "I would like to talk to somebody.",
            }
            _check(await self._poster.send(None, "POST", url, body), "a self-referral")
        worker = Member("link-worker", self._network.code)
        listed = await self._poster.send(worker, "GET", url)
        for item in _check(listed, "self-referrals")["items"][:1]:
            path = f"{url}/{item['id']}/check"
            body = {"take_wishes": True}
            _check(await self._poster.send(worker, "POST", path, body), "a check")

    async def _signpost(self, number: int, one: Signposted) -> None:
        async with self._turn:
            offered = self._listings.get(one.need)
            member = Member("care-navigator", one.practice_code)
            body: dict[str, Any] = {"need": one.need, **_times(one.at)}
            if offered:
                body["listing_id"] = offered[one.pick % len(offered)]
            if one.agreed:
                body["echo"] = {"channel": "sms", "phone": f"07700 900{one.pick:03d}"}
            made = await self._post(member, f"{self._base}/signposts", body, f"signpost-{number}")
            if one.answer is not None:
                told = {"answer": one.answer, **_times(one.at + timedelta(days=16))}
                url = f"{self._base}/signposts/{made['id']}/echo-answer"
                await self._post(member, url, told, f"echo-{number}")

    def _people(self, count: int, on: datetime) -> list[dict[str, Any]]:
        place = int(self._network.code[-3:]) - 1
        serial = _SERIALS[self._size] + place * _SERIALS_A_NETWORK
        serial += 0 if count > 2 else 500
        found: list[dict[str, Any]] = []
        while len(found) < count:
            if nhs_number(serial) is not None:
                person = synthetic_person(self._draw, serial, on=on.date(), network=self._network)
                # At the open door everybody is an adult.
                grown = max(0, 18 * 366 - (on.date() - person.birth_date).days)
                person = replace(person, birth_date=person.birth_date - timedelta(days=grown))
                found.append(_described(person))
            serial += 1
        return found

    def _moment(self, days_ago: int) -> datetime:
        return working_moment(self._draw, self._today - timedelta(days=days_ago), step=-1)

    async def _post(self, member: Member, url: str, body: Mapping[str, Any], key: str) -> Any:
        key = f"seed-{self._size}-{self._network.code}-{key}"
        return _check(await self._poster.send(member, "POST", url, body, key=key), key)


async def return_handovers(poster: Poster, handovers: Mapping[str, str]) -> int:
    """Send back what came by a handover that is not for the network it came to; how many.

    ``handovers`` says for each which network gave it. A handover opens in the background, so it is
    waited for.
    """
    url = f"{poster.access.referral_url}/handovers"
    returned = 0
    for handover_id, pcn_code in handovers.items():
        opened = await _opened(poster, url, handover_id, pcn_code)
        member = Member("link-worker", opened["to_pcn_code"])
        path = f"{poster.access.referral_url}/referrals/{opened['opened_referral_id']}"
        at = datetime.now(UTC) - timedelta(days=1)
        answer = await poster.send(
            member,
            "POST",
            f"{path}/handover/return",
            _times(at),
            key=f"seed-return-{handover_id}",
        )
        _check(answer, "a return")
        returned += 1
    return returned


async def _opened(poster: Poster, url: str, handover_id: str, pcn_code: str) -> dict[str, Any]:
    manager = Member("pcn-manager", pcn_code)
    for _ in range(int(OPENED_WITHIN_SECONDS / LOOK_AGAIN_SECONDS)):
        page: Any = _check(await poster.send(manager, "GET", f"{url}?limit=100"), "handovers")
        for item in page["items"]:
            if item["id"] == handover_id and item.get("opened_referral_id"):
                return item
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    raise SeedRefused(f"a handover to be returned was not opened in {OPENED_WITHIN_SECONDS:.0f} s")


def to_be_returned(told: Sequence[Story], ids: Mapping[str, Mapping[str, str]]) -> list[str]:
    """The handovers that the network they went to sends back."""
    return [
        ids[story.reference]["handover"]
        for story in told
        if story.reference.startswith("script-") and story.reference.endswith(f"-{RETURNED}")
    ]


_AT_THE_DOOR: Final = (
    "given_name", "family_name", "birth_date", "nhs_number", "postcode", "phone", "language",
)  # fmt: skip


def _described(person: Any) -> dict[str, Any]:
    return {
        "nhs_number": person.nhs_number,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "birth_date": person.birth_date.isoformat(),
        "sex": person.sex,
        "ethnicity_category": person.ethnicity_category,
        "deprivation_decile": person.deprivation_decile,
        "language": person.language,
        "postcode": person.postcode,
        "phone": person.phone,
    }


def _times(at: datetime) -> dict[str, str]:
    return {"occurred_at": at.isoformat(), "recorded_at": at.isoformat()}


def _check(answer: Any, what: str) -> Any:
    if not answer.is_success:
        raise SeedRefused(f"{what}: {answer_in_one_line(answer)}")
    return answer.json()
