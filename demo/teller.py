"""Telling stories one request at a time, each by whoever would have told it.

Promise    The steps of one story are told in their order; stories stand side by side. A version
           that somebody else moved meanwhile, as a timer may, is read again.
Price      One request a step, and so most of the time a seed takes.
Not here   Which steps there are: ``demo.casework``, ``demo.loops``, ``demo.scripts``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from chassis.web.problem_text import answer_in_one_line
from demo.batches import Poster, SeedRefused
from demo.chapters import Known
from demo.members import Member
from demo.steps import KNOWN_ALONE, Listing, Of, Step
from demo.telling import Story

STORIES_AT_ONCE: Final = 3
READS_MAX: Final = 12
# What falls due meanwhile, nudges for instance, comes one after another: it is let go by.
READ_AGAIN_SECONDS: Final = 0.1
_NAMED: Final = re.compile(r"\{([a-z0-9-]+)\}")


class Teller:
    """Tells the steps of one network's stories."""

    def __init__(
        self,
        poster: Poster,
        pcn_code: str,
        known: Known,
        listings: Mapping[str, Sequence[str]],
    ) -> None:
        self._poster = poster
        self._pcn_code = pcn_code
        self._known = known
        self._listings = listings
        self._turn = asyncio.Semaphore(STORIES_AT_ONCE)

    async def tell(self, told: Sequence[tuple[Story, list[Step]]]) -> int:
        """Tell each story's steps in order; how many there were."""
        async with asyncio.TaskGroup() as group:
            for story, steps in told:
                group.create_task(self._story(story, steps))
        return sum(len(steps) for _, steps in told)

    async def _story(self, story: Story, steps: Sequence[Step]) -> None:
        async with self._turn:
            for step in steps:
                await self._step(story, step)

    async def _step(self, story: Story, step: Step) -> None:
        names = self._names(story, step)
        base = self._poster.access.referral_url
        url = f"{base}{_filled(step.path, names)}"
        member = Member(step.role or story.role, self._pcn_code)
        body = {**self._said(step.body, names), **_times(step)}
        place = story.steps.index(step)
        key = f"{story.reference}-step-{place}" if step.method == "POST" else None
        reads = 0
        while True:
            version = await self._version(story, step, names, member, again=reads > 0)
            answer = await self._poster.send(
                member, step.method, url, body, key=key, version=version
            )
            outdated = answer.status_code == httpx.codes.PRECONDITION_FAILED
            if not (outdated and step.read_at and reads < READS_MAX):
                break
            reads += 1
            await asyncio.sleep(reads * READ_AGAIN_SECONDS)
        if outdated and step.method == "PUT" and step.version_of is not None:
            # The same again has no key to be known by: that it was told before says the version.
            self._known.versions[story.reference, step.version_of] = (version or 0) + 1
            return
        if not answer.is_success:
            said = answer_in_one_line(answer)
            raise SeedRefused(f"{step.what} of {story.reference} as {member.role}: {said}")
        self._remember(story, step, answer.json())

    async def _version(
        self, story: Story, step: Step, names: Mapping[str, str], member: Member, *, again: bool
    ) -> int | None:
        if step.version_of is None:
            return None
        known = self._known.versions.get((story.reference, step.version_of))
        if step.read_at is None or (known is not None and not again):
            return known or 0
        url = f"{self._poster.access.referral_url}{_filled(step.read_at, names)}"
        answer = await self._poster.send(member, "GET", url)
        return int(answer.headers["ETag"].strip('"'))

    def _names(self, story: Story, step: Step) -> dict[str, str]:
        names = dict(self._known.ids[story.reference])
        if step.other is not None:
            other = self._known.ids[step.other]
            names |= {f"other-{name}": one for name, one in other.items()}
        return names

    def _said(self, body: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
        return {name: self._value(value, names) for name, value in body.items()}

    def _value(self, value: Any, names: Mapping[str, str]) -> Any:
        if isinstance(value, Of):
            return names[value.name]
        if isinstance(value, Listing):
            offered = self._listings[value.need]
            return offered[value.pick % len(offered)]
        return value

    def _remember(self, story: Story, step: Step, body: Mapping[str, Any]) -> None:
        if step.name is not None:
            self._known.ids[story.reference][step.name] = body["id"]
        if (name := step.name or step.version_of) is not None and "version" in body:
            self._known.versions[story.reference, name] = body["version"]


def _filled(path: str, names: Mapping[str, str]) -> str:
    return _NAMED.sub(lambda found: names[found[1]], path)


def _times(step: Step) -> dict[str, str]:
    at = step.occurred_at.isoformat()
    if step.what in KNOWN_ALONE:
        return {"recorded_at": at}
    return {"occurred_at": at, "recorded_at": at}
