"""What a seed that goes on does with what it told before it was cut off."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import httpx
import pytest
from pydantic import SecretStr

from demo.access import DemoAccess
from demo.batches import Poster, SeedRefused
from demo.chapters import Known
from demo.steps import Step
from demo.stories import stories
from demo.teller import Teller
from demo.telling import Story

URL = "http://service.example.org"
AT = datetime(2026, 11, 2, 10, tzinfo=UTC)
PLAN = "/referrals/{referral}/plan"


class Plans:
    """A service that holds one plan, at a version, and counts what was asked of it."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.written = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/token"):
            return httpx.Response(200, json={"access_token": "synthetic"})
        if request.headers["If-Match"] != f'"{self.version}"':
            return httpx.Response(412, json={"title": "It has changed since you read it."})
        if json.loads(request.content).get("what_matters") == "refused":
            return httpx.Response(422, json={"title": "No."})
        self.version += 1
        self.written += 1
        return httpx.Response(200, json={"version": self.version})


@cache
def _any_story() -> Story:
    return next(stories("small", date(2026, 11, 20)))


def _plan(text: str) -> Step:
    body = {"what_matters": text}
    return Step(AT, "during", "plan", PLAN, body, method="PUT", version_of="plan")


def _access() -> DemoAccess:
    return DemoAccess(
        issuer_url=URL,
        demo_secret=SecretStr("-"),
        referral_url=URL,
        directory_url=URL,
        notifications_url=URL,
        reporting_url=URL,
    )


async def _tell(service: Plans, *steps: Step) -> None:
    story = replace(_any_story(), steps=steps)
    known = Known(ids={story.reference: {"referral": "r-1"}})
    async with httpx.AsyncClient(transport=httpx.MockTransport(service.answer)) as http:
        teller = Teller(Poster(_access(), http), "U99001", known, {})
        await teller.tell([(story, list(steps))])


@pytest.mark.parametrize("told_before", [0, 1, 2])
async def test_a_plan_and_its_review_are_told_once_wherever_the_first_run_was_cut_off(
    told_before: int,
) -> None:
    service = Plans(told_before)
    await _tell(service, _plan("walking"), _plan("walking further"))

    assert (service.version, service.written) == (2, 2 - told_before)


async def test_a_plan_that_is_refused_stops_the_seed() -> None:
    with pytest.raises(BaseExceptionGroup) as stopped:
        await _tell(Plans(0), _plan("refused"))

    assert any(isinstance(fault, SeedRefused) for fault in _leaves(stopped.value))


def _leaves(fault: BaseException) -> Iterator[BaseException]:
    if isinstance(fault, BaseExceptionGroup):
        for one in fault.exceptions:
            yield from _leaves(one)
    else:
        yield fault
