"""The interface's own examples, posted as they stand by the role they name."""

from datetime import UTC, datetime

import pytest

from demo.chapters import Known, chapters
from demo.shares import TOLD_AT_ONCE_DAYS
from demo.stories import EXAMPLE_REFERENCE_PREFIX, stories
from services.referral.api import examples
from tests.referral.trial import MANAGER, REFERRER, WORKER, Clinic

pytestmark = pytest.mark.postgres

# What needs more than the seeded story is tried by the tests of its own part.
PROVED_WHERE_THEY_ARE_TOLD = {
    ("POST", "/workers/{worker_id}/supervisions"),
    ("POST", "/workers/{worker_id}/supervisions/{record_id}/voiding"),
    ("POST", "/workers/{worker_id}/trainings"),
    ("PUT", "/pcns/{pcn_code}/supervision-intervals"),
    ("POST", "/referrals/{referral_id}/alarms"),
    ("POST", "/alarms/{alarm_id}/acknowledge"),
    ("POST", "/alarms/{alarm_id}/close"),
    ("PUT", "/pcns/{pcn_code}/safeguarding-leads"),
    ("PUT", "/pcns/{pcn_code}/under-18-rule"),
    ("POST", "/referrals/{referral_id}/triage"),
    ("POST", "/referrals/{referral_id}/role"),
    ("POST", "/referrals/{referral_id}/re-route"),
    ("POST", "/referrals/{referral_id}/measures"),
    ("POST", "/measures/{measure_id}/corrections"),
    ("POST", "/referrals/{referral_id}/onward-referrals"),
    ("POST", "/referrals/{referral_id}/placement-failures"),
    ("POST", "/onward-referrals/{onward_referral_id}/steps"),
    ("POST", "/onward-referrals/{onward_referral_id}/answer"),
    ("PUT", "/pcns/{pcn_code}/onward-ladder"),
    ("POST", "/signposts/{signpost_id}/echo-answer"),
    ("POST", "/people/{person_id}/consents"),
    ("POST", "/consents/{consent_id}/narrowing"),
    ("POST", "/consents/{consent_id}/revocation"),
    ("POST", "/consents/{consent_id}/acknowledgements"),
    ("POST", "/people/{person_id}/risk-flags"),
    ("POST", "/risk-flags/{risk_flag_id}/reviews"),
    ("POST", "/risk-flags/{risk_flag_id}/ending"),
    ("POST", "/people/{person_id}/merges"),
    ("POST", "/people/merges/{merge_id}/undo"),
    ("POST", "/people/{person_id}/death"),
    ("POST", "/people/{person_id}/death/withdrawal"),
    ("POST", "/referrals/{referral_id}/handover"),
    ("POST", "/self-referrals"),
    ("POST", "/self-referrals/{self_referral_id}/check"),
    ("POST", "/pcns/{pcn_code}/cohorts"),
    ("POST", "/cohorts/{cohort_id}/members/batch"),
    ("POST", "/cohorts/{cohort_id}/members/{person_id}/outcome"),
    ("POST", "/referrals/{referral_id}/handover/return"),
    ("POST", "/referrals/{referral_id}/closing"),
    ("POST", "/referrals/{referral_id}/reopening"),
    ("POST", "/writeback/acknowledgements"),
    ("POST", "/contacts/{contact_id}/corrections"),
    ("POST", "/contacts/{contact_id}/voiding"),
    ("POST", "/referrals/{referral_id}/visits"),
    ("POST", "/visits/{visit_id}/check-in"),
    ("POST", "/visits/{visit_id}/extension"),
    ("POST", "/visits/{visit_id}/check-out"),
    ("POST", "/visits/{visit_id}/cancellation"),
    ("PUT", "/referrals/{referral_id}/plan"),
    ("POST", "/goals/{goal_id}/steps"),
    ("PUT", "/goals/{goal_id}/steps/{number}"),
    ("POST", "/referrals/{referral_id}/pauses"),
    ("POST", "/referrals/{referral_id}/pauses/{pause_id}/end"),
    ("PUT", "/pcns/{pcn_code}/waiting-rules"),
    ("PUT", "/pcns/{pcn_code}/closures/{day}"),
    ("PUT", "/referrals/{referral_id}/worker"),
    ("PUT", "/referrals/{referral_id}/complexity"),
    ("POST", "/pcns/{pcn_code}/workers/{worker_id}/reallocations"),
}


async def seed_what_examples_are_about(clinic: Clinic) -> None:
    """Post of the demonstration's seed the one story that examples name, as the seed does."""
    reference = f"{EXAMPLE_REFERENCE_PREFIX}U99001"
    told = stories("small", datetime.now(UTC).date())
    story = next(story for story in told if story.reference == reference)
    (chapter,) = chapters(
        [story],
        {("U99001", "link-worker"): "01980000-0000-7000-8000-000000000001"},
        Known(),
        days=TOLD_AT_ONCE_DAYS["small"],
    )
    for path, items in (("/referrals/batch", chapter.referrals), ("/goals/batch", None)):
        body = {"origin": "seed", "items": chapter.goals() if items is None else items}
        answer = await clinic.post(path, body, member=MANAGER)
        bodies = [item["body"] for item in answer.json()["items"]]
        if items is not None:
            chapter.referrals_made(bodies)


async def test_a_demonstration_takes_every_example_as_it_stands_and_takes_it_again(
    own_clinic: Clinic,
) -> None:
    await seed_what_examples_are_about(own_clinic)
    ids = {"{referral_id}": "", "{goal_id}": "", "{person_id}": ""}
    document = (await own_clinic.http.get("/openapi.json")).json()
    bodies = {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation
    }
    order = [
        ("POST", "/people"),
        ("POST", "/people/search"),
        ("POST", "/referrals"),
        ("POST", "/referrals/{referral_id}/contacts"),
        ("POST", "/referrals/{referral_id}/goals"),
        ("POST", "/goals/{goal_id}/updates"),
        ("PUT", "/referrals/{referral_id}/status"),
        ("PATCH", "/people/{person_id}"),
        ("POST", "/postcodes"),
        ("POST", "/signposts"),
    ]
    batches = [known for known in bodies if known[1].endswith("/batch")]
    batches = [known for known in batches if known not in PROVED_WHERE_THEY_ARE_TOLD]

    for attempt in range(2):
        for method, path in order:
            operation = bodies.pop((method, path)) if attempt else bodies[method, path]
            example = operation["requestBody"]["content"]["application/json"]["example"]
            member = f"{operation['x-demo-role']} {operation['x-demo-organisation']}"
            filled = path
            for name, value in ids.items():
                filled = filled.replace(name, value)
            version = f'"{1 + attempt}"' if method == "PATCH" else '"1"'
            answer = await own_clinic.ask(method, filled, example, member=member, If_Match=version)

            assert answer.is_success, (method, path, answer.text)
            if path == "/people":
                ids["{person_id}"] = answer.json()["id"]
            if path == "/referrals":
                ids["{referral_id}"] = answer.json()["id"]
            if path.endswith("/goals"):
                ids["{goal_id}"] = answer.json()["id"]
    for key in batches:
        operation = bodies.pop(key)
        example = operation["requestBody"]["content"]["application/json"]["example"]
        member = f"{operation['x-demo-role']} {operation['x-demo-organisation']}"
        renewed = {
            **example,
            "items": [{**one, "key": f"new {one['key']}"} for one in example["items"]],
        }
        # A step is taken once; what is recorded can be recorded again.
        sent = [example, example, *([] if "status" in key[1] else [renewed])]
        for body in sent:
            answer = await own_clinic.post(key[1], body, member=member)
            assert answer.status_code == 200, answer.text
            told = answer.json()["items"]
            assert [item["status"] // 100 for item in told] == [2] * len(body["items"]), answer.text
    assert set(bodies) == PROVED_WHERE_THEY_ARE_TOLD


async def test_a_referral_posted_twice_is_two_of_one_person_in_one_episode(
    own_clinic: Clinic,
) -> None:
    first = await own_clinic.made("/referrals", examples.REFERRAL, member=REFERRER)
    second = await own_clinic.made("/referrals", examples.REFERRAL, member=REFERRER)

    assert first["id"] != second["id"]
    assert first["person_id"] == second["person_id"]
    assert first["episode_id"] == second["episode_id"]
    assert (await own_clinic.get(f"/people/{first['person_id']}", member=WORKER)).is_success
