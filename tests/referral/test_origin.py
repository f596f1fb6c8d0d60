"""A single request says where what it tells comes from, as a batch does."""

from datetime import UTC, datetime, timedelta

import pytest

from services.referral.api.origin import HEADER
from tests.referral.trial import MANAGER, REFERRER, WORKER, Clinic, a_referral

pytestmark = pytest.mark.postgres

AGO = (datetime.now(UTC) - timedelta(days=40)).isoformat()
TIMES = {"occurred_at": AGO, "recorded_at": AGO}
TRIAGE = {"complexity": "high", "confidence": "low", **TIMES}


async def test_what_a_request_tells_has_the_origin_that_its_header_names(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral(**TIMES), member=REFERRER)
    path = f"/referrals/{referral['id']}/triage"

    told = await clinic.post(path, TRIAGE, member=WORKER, waymark_origin="seed")
    again = await clinic.post(path, TRIAGE, member=WORKER)

    assert (told.status_code, again.status_code) == (201, 201), told.text
    events = await clinic.events(f"episode/{referral['episode_id']}")
    origins = [event["origin"] for event in events if "triaged" in event["type"]]
    assert origins == ["seed", "live"]


async def test_an_origin_there_is_not_is_refused(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral(), member=REFERRER)

    refused = await clinic.post(
        f"/referrals/{referral['id']}/triage", TRIAGE, member=WORKER, waymark_origin="rumour"
    )

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["in"] == "header"


async def test_a_visit_of_a_seed_alarms_nobody_while_it_is_still_being_told(clinic: Clinic) -> None:
    referral = await clinic.made("/referrals", a_referral(**TIMES), member=REFERRER)
    body = {"expected_minutes": 30, **TIMES}
    path = f"/referrals/{referral['id']}/visits"
    visit = (await clinic.post(path, body, member=WORKER, waymark_origin="seed")).json()

    told = await clinic.post(
        f"/visits/{visit['id']}/check-in", TIMES, member=WORKER, waymark_origin="seed"
    )

    assert told.status_code == 200, told.text
    (timer,) = [row for row in await clinic.rows("timer") if str(row["about"]) == visit["id"]]
    assert timer["due_at"] > datetime.now(UTC)


async def test_every_write_says_that_it_may_name_its_origin(clinic: Clinic) -> None:
    paths = (await clinic.get("/openapi.json", member=MANAGER)).json()["paths"]

    writes = [
        operation
        for operations in paths.values()
        for method, operation in operations.items()
        if method in {"post", "put", "patch", "delete"}
    ]
    silent = [
        one for one in writes if HEADER not in {each["name"] for each in one.get("parameters", ())}
    ]
    assert writes
    assert not silent
