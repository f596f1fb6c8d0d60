"""What workers could not find a place for, because the region lacks it: gaps as they are felt.

Chance here is apart from that of the stories, so that nothing else of them moves.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from demo.gaps import Gap, GapKind, felt_gap
from demo.geography import neighbourhood_of
from demo.steps import Step
from demo.telling import Story

_REASONS: Final[Mapping[GapKind, str]] = {
    "nothing": "nothing-suitable",
    "too-far": "too-far",
    "full": "full",
    "cost": "cost",
    "language": "language",
    "access": "access",
}


def with_what_is_lacking(story: Story) -> Story:
    """The story in which nobody is sent on to what is not there: it says so instead."""
    return replace(story, steps=tuple(_steps(story)))


def _steps(story: Story) -> Iterator[Step]:
    unplaced: set[str] = set()
    for step in story.steps:
        gap = _felt(story, step) if step.what == "onward" and step.name else None
        if gap is not None and step.name is not None:
            unplaced.add(step.name)
            body = {"need": step.body["need"], "reason": _REASONS[gap.kind]}
            path = "/referrals/{referral}/placement-failures"
            yield Step(step.at, step.phase, "placement-failed", path, body)
        elif step.version_of not in unplaced:
            yield step


def _felt(story: Story, step: Step) -> Gap | None:
    chance = random.Random(f"waymark unplaced {story.reference} {step.name}").random()
    home = neighbourhood_of(story.person.postcode)
    person, pcn_code = story.person, story.practice.pcn_code
    return felt_gap(pcn_code, home, person.language, step.body["need"], chance)
