"""Synthetic people who keep using the demonstration: new referrals, contacts, goals and updates.

Everything it does is live, so messages are sent (to the demonstration's own mail sink) and every
figure moves. It acts as demo members do, through the public API, one request at a time.
"""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, get_args
from uuid import uuid4

import httpx

from contracts import codes
from demo.access import DemoAccess
from demo.members import Member
from demo.people import nhs_number, synthetic_person
from demo.region import Network, Practice, networks

RATE_DEFAULT: Final = 2.0
OPEN_MAX: Final = 500
CONTACTS_MAX: Final = 8
REQUEST_TIMEOUT_SECONDS: Final = 10.0
# The last serials of the 999 range, above every seeded one.
_SERIAL_FIRST: Final = 980_000
_SERIAL_LAST: Final = 999_990
_STEPS: Final = (("referral", 3), ("contact", 5), ("goal", 2), ("goal-update", 2))


class StepRefused(Exception):
    """A service refused a step of the simulation."""


@dataclass(slots=True)
class _Open:
    """A referral the simulation made, as far as it has come."""

    referral_id: str
    pcn_code: str
    contacts: int = 0
    goal_ids: list[str] | None = None


class Simulator:
    """Draws one step after another; each leaves the platform a little further on."""

    def __init__(self, access: DemoAccess, http: httpx.AsyncClient, draw: random.Random) -> None:
        self._access = access
        self._http = http
        self._draw = draw
        self._open: list[_Open] = []
        self._tokens: dict[Member, str] = {}
        self.done: Counter[str] = Counter()

    async def step(self) -> None:
        """Do one thing; what has nothing to work on becomes a new referral."""
        weights = [weight for _, weight in _STEPS]
        ((name, _),) = self._draw.choices(_STEPS, weights)
        steps: dict[str, Callable[[], Awaitable[bool]]] = {
            "referral": self._refer,
            "contact": self._contact,
            "goal": self._set_goal,
            "goal-update": self._update_goal,
        }
        try:
            if not await steps[name]():
                name = "referral"
                await self._refer()
            self.done[name] += 1
        except (httpx.HTTPError, StepRefused):
            # A service that is down or broken is what a demonstration is for: go on.
            self.done["refused"] += 1

    async def _refer(self) -> bool:
        network: Network = self._draw.choice(networks("small"))
        practice: Practice = self._draw.choice(network.practices)
        body = {
            "practice_code": practice.code,
            "referrer_code": practice.code,
            "needs": [self._draw.choice(get_args(codes.Need))],
            "messages_consented": self._draw.random() < 0.5,
            "safe_channel": "email",
            "person": self._person(network),
            "guardian_consented": True,
        }
        answer = await self._post(Member("referrer", practice.code), "/referrals", body)
        self._open.append(_Open(answer["id"], network.code))
        del self._open[:-OPEN_MAX]
        return True

    async def _contact(self) -> bool:
        able = [one for one in self._open if one.contacts < CONTACTS_MAX]
        if not able:
            return False
        one = self._draw.choice(able)
        mode = self._draw.choice(("phone", "practice", "home-visit", "video"))
        body = {"mode": mode, "minutes": self._draw.choice((15, 30, 45))}
        path = f"/referrals/{one.referral_id}/contacts"
        await self._post(Member("link-worker", one.pcn_code), path, body)
        one.contacts += 1
        return True

    async def _set_goal(self) -> bool:
        able = [one for one in self._open if one.contacts and not one.goal_ids]
        if not able:
            return False
        one = self._draw.choice(able)
        body = {"need": self._draw.choice(get_args(codes.Need))}
        path = f"/referrals/{one.referral_id}/goals"
        answer = await self._post(Member("link-worker", one.pcn_code), path, body)
        one.goal_ids = [answer["id"]]
        return True

    async def _update_goal(self) -> bool:
        able = [one for one in self._open if one.goal_ids]
        if not able:
            return False
        one = self._draw.choice(able)
        goals = one.goal_ids or []
        status = self._draw.choice(("progressing", "met"))
        member = Member("link-worker", one.pcn_code)
        await self._post(member, f"/goals/{goals[0]}/updates", {"status": status})
        if status == "met":
            goals.pop(0)
        return True

    def _person(self, network: Network) -> dict[str, Any]:
        serial = self._draw.randrange(_SERIAL_FIRST, _SERIAL_LAST)
        while nhs_number(serial) is None:
            serial += 1
        today = datetime.now(UTC).date()
        person = synthetic_person(self._draw, serial, on=today, network=network)
        return {
            "nhs_number": person.nhs_number,
            "given_name": person.given_name,
            "family_name": person.family_name,
            "birth_date": person.birth_date.isoformat(),
            "sex": person.sex,
            "language": person.language,
            "postcode": person.postcode,
            "email": person.email,
            "phone": person.phone,
        }

    async def _post(self, member: Member, path: str, body: dict[str, Any]) -> Any:
        token = self._tokens.get(member) or await self._access.token(self._http, member)
        self._tokens[member] = token
        answer = await self._http.post(
            f"{self._access.referral_url}{path}",
            json=body,
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4())},
        )
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._tokens.pop(member, None)
        if not answer.is_success:
            raise StepRefused(f"{path.rsplit('/', 1)[-1]}: {answer.status_code}")
        return answer.json()


async def simulate(access: DemoAccess, *, rate: float, seconds: float) -> dict[str, int]:
    """Do ``rate`` steps a second for so long, and say how many of each were done."""
    draw = random.Random()  # a new story each time, unlike the seed
    async with httpx.AsyncClient(timeout=REQUEST_TIMEOUT_SECONDS, trust_env=False) as http:
        simulator = Simulator(access, http, draw)
        end = time.monotonic() + seconds
        due = time.monotonic()
        while due < end:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await simulator.step()
            due += draw.expovariate(rate)
        return dict(simulator.done)


async def _main() -> None:
    access = DemoAccess()  # pyright: ignore[reportCallIssue] - its fields come from the environment
    running = asyncio.create_task(simulate(access, rate=RATE_DEFAULT, seconds=float("inf")))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    await asyncio.gather(running, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(_main())
