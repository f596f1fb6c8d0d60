"""On every route that names something, another network's id answers exactly as a random one does.

The routes are the interface's own, the ids those of a walk through it: a door built later is asked
too.
"""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.referral.trial import (
    COUNCIL,
    FOREIGN_MANAGER,
    FOREIGN_REFERRER,
    FOREIGN_WORKER,
    GROUP,
    Clinic,
)
from tests.referral.walk import IN_PATH, walk

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(300)]

FOREIGNERS = (FOREIGN_MANAGER, FOREIGN_WORKER, FOREIGN_REFERRER, COUNCIL, GROUP)
ROUTES_ASKED_MIN = 65


async def test_what_others_hold_answers_as_what_does_not_exist(own_clinic: Clinic) -> None:
    ids = (await walk(own_clinic)).ids
    document = (await own_clinic.http.get("/openapi.json")).json()
    differences: list[str] = []
    asked: set[str] = set()
    for path, operations in document["paths"].items():
        names = [name for name in IN_PATH.findall(path) if name.endswith("_id")]
        if not names or not all(name in ids for name in names):
            continue
        for method, operation in operations.items():
            if {"anyone", "service"} & set(operation["x-roles"]):
                continue
            asked.add(f"{method} {path}")
            content = operation.get("requestBody", {}).get("content", {})
            example = content.get("application/json", {}).get("example")
            for member in FOREIGNERS:
                theirs = {**ids, "pcn_code": "U99002"}
                random = {**theirs, **{name: str(uuid4()) for name in names}}
                answers = [
                    await _ask(own_clinic, method, path, example, member, known)
                    for known in (theirs, random)
                ]
                if _told(answers[0]) != _told(answers[1]):
                    differences.append(f"{member}: {method} {path}: {answers[0].status_code}")
                if answers[0].is_success:
                    differences.append(f"{member}: {method} {path} was let in")

    assert len(asked) >= ROUTES_ASKED_MIN, sorted(asked)
    assert differences == []


async def _ask(
    clinic: Clinic, method: str, path: str, body: Any, member: str, known: dict[str, str]
) -> httpx.Response:
    address = IN_PATH.sub(lambda match: known.get(match[1], "1"), path)
    headers = {"If_Match": '"1"', "Waymark_Reason": "to see what is answered"}
    return await clinic.ask(method.upper(), address, body, member=member, **headers)


def _told(answer: httpx.Response) -> tuple[int, int, dict[str, Any]]:
    """All that an answer gives away: its status, its length, and its body but for the trace."""
    try:
        body = answer.json()
    except ValueError:
        return answer.status_code, len(answer.content), {}
    body = dict(body) if isinstance(body, dict) else {"list": body}
    body.pop("trace_id", None)
    return answer.status_code, len(answer.content), body
