"""Onward referrals as they are told: who answered, who came, and who never said a word."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from demo import shares
from demo.days import drawn
from demo.steps import Listing, Step
from demo.telling import Story

WITHOUT_LISTINGS: Final = "other"
"""The need for which no group of the region offers anything."""
_DRAFTED: Final = 0.06  # assumed
_PASSED_ON: Final = 0.6  # assumed: the worker spoke with them, and they will go
_CAME_AFTER_ALL: Final = (
    ("declined", 35), ("did-not-come", 20), ("could-not-reach", 10), ("open", 35),
)  # fmt: skip


def loops_of(draw: random.Random, story: Story, end: datetime) -> Iterator[Step]:
    """The onward referrals of a story and the needs for which no place was found."""
    for number in range(drawn(draw, shares.ONWARD_COUNT)):
        contact = draw.choice(story.made)
        need = draw.choice(story.needs)
        at = contact.at + timedelta(minutes=30 + number)
        if at > end:
            continue
        if need == WITHOUT_LISTINGS or draw.random() < shares.PLACEMENT_FAILED:
            reason = drawn(draw, shares.PLACEMENT_FAILURES)
            if need == WITHOUT_LISTINGS:
                reason = "nothing-suitable"
            body = {"need": need, "reason": reason}
            path = "/referrals/{referral}/placement-failures"
            yield Step(at, "during", "placement-failed", path, body)
            continue
        yield from _loop(draw, f"onward-{number}", need, at, end)


def _loop(draw: random.Random, name: str, need: str, at: datetime, end: datetime) -> Iterator[Step]:
    """One onward referral, told at once as far as it has come."""
    is_draft = draw.random() < _DRAFTED
    body = {
        "listing_id": Listing(need, draw.randrange(1_000)),
        "need": need,
        "shares_contact": draw.random() < shares.SHARES_CONTACT,
        "draft": is_draft,
    }
    path = "/referrals/{referral}/onward-referrals"
    yield Step(at, "during", "onward", path, body, name=name)
    became = _became(draw, at, is_draft=is_draft)
    in_error = not is_draft and _apart(at).random() < shares.IN_ERROR
    if in_error:
        soon = at + timedelta(hours=1), "withdrawn", {"reason": "entered-in-error"}
        became = itertools.chain([soon], became)
    for told, (happened_at, what, more) in enumerate(became, start=1):
        if happened_at >= end:
            return
        if in_error and told > 1:
            continue  # drawn all the same, so that everything else stays as it was
        yield Step(
            at + timedelta(seconds=told),
            "during",
            f"onward-{what}",
            f"/onward-referrals/{{{name}}}/steps",
            {"step": what, **more},
            version_of=name,
            read_at=f"/onward-referrals/{{{name}}}",
            happened_at=happened_at,
        )


def _apart(at: datetime) -> random.Random:
    """Chance that moves nothing else of a story."""
    return random.Random(f"waymark loops {at.isoformat()}")


def _became(
    draw: random.Random, at: datetime, *, is_draft: bool
) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
    if is_draft:
        # Before whatever else is told of that conversation: by sending, the person has agreed.
        at += timedelta(seconds=30)
        yield at, "sent", {}
    if draw.random() >= shares.ANSWERED:
        if draw.random() >= shares.LATE_ANSWER:
            return  # silence, which ends nothing
        at += timedelta(days=shares.ANSWER_DAYS_MAX + draw.randrange(2, 40))
    else:
        at += timedelta(days=draw.uniform(0.2, shares.ANSWER_DAYS_MAX - 0.5))
    if draw.random() >= shares.ACCEPTED:
        yield at, "refused", {"reason": drawn(draw, shares.REFUSALS)}
        return
    if draw.random() < 0.08:
        full_until = (at + timedelta(days=28)).date().isoformat()
        yield at, "full-until", {"full_until": full_until}
        at += timedelta(days=draw.randrange(20, 40))
    yield at, "accepted", {}
    yield from _came_of_it(draw, at)


def _came_of_it(
    draw: random.Random, at: datetime
) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
    at += timedelta(days=draw.uniform(2, 16))
    if draw.random() < shares.ATTENDED:
        if draw.random() < 0.5:
            yield at, "started", {"told_by": "provider"}
            at += timedelta(days=draw.uniform(3, 12))
        yield at, "attended", {"told_by": draw.choice(("provider", "provider", "person"))}
        return
    what = drawn(draw, _CAME_AFTER_ALL)
    if what == "declined":
        yield at, "declined", {"reason": draw.choice(("not-wanted", "unwell", "found-other-help"))}
    elif what == "did-not-come":
        yield at, "did-not-come", {}
        if _apart(at).random() < _PASSED_ON:
            yield at + timedelta(days=2), "passed-on", {"passed_to": "person"}
    elif what == "could-not-reach":
        yield at, "could-not-reach", {}
        yield at + timedelta(days=9), "unreachable", {}
