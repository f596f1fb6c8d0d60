"""Real answers read back through the models that describe them."""

import pytest

from services.referral.api import answers, goals_answers
from tests.referral.trial import MANAGER, REFERRER, WORKER, Clinic, a_person, a_referral

pytestmark = pytest.mark.postgres


async def test_every_answer_is_what_the_description_says(clinic: Clinic) -> None:
    person = a_person()
    entered = await clinic.post("/people", {"practice_code": "Y99001", **person})
    known = await clinic.post("/people", {"practice_code": "Y99001", **person})
    made = await clinic.post("/referrals", a_referral(person=person, reference="an answer"))
    again = await clinic.post("/referrals", a_referral(person=person, reference="an answer"))
    path = f"/referrals/{made.json()['id']}"
    contact = await clinic.post(f"{path}/contacts", {"mode": "phone"}, member=WORKER)
    goal = await clinic.post(f"{path}/goals", {"need": "money"}, member=WORKER)
    update = await clinic.post(f"/goals/{goal.json()['id']}/updates", {"status": "met"})
    moved = await clinic.ask("PUT", f"{path}/status", {"status": "accepted"}, If_Match='"1"')
    record = f"/people/{entered.json()['id']}"
    amended = await clinic.ask("PATCH", record, {"language": "pl"}, If_Match='"1"')
    unchanged = await clinic.ask("PATCH", record, {"language": "pl"}, If_Match='"2"')
    found = await clinic.post("/people/search", {"nhs_number": person["nhs_number"]})
    batch = {"items": [{"key": "of an answer", **a_referral()}, {"key": "malformed"}]}
    told = await clinic.post("/referrals/batch", batch)
    replayed = await clinic.post("/referrals/batch", batch)
    shown = [
        (answers.PersonEntered, [entered, known, amended, unchanged]),
        (answers.ReferralMade, [made, again]),
        (answers.ContactRecorded, [contact]),
        (goals_answers.GoalWasSet, [goal]),
        (goals_answers.GoalWasUpdated, [update]),
        (answers.ReferralMoved, [moved]),
        (
            answers.PersonShown,
            [await clinic.get(record), await clinic.get(record, member=REFERRER)],
        ),
        (answers.PeopleFound, [found]),
        (answers.ReferralShown, [await clinic.get(path), await clinic.get(path, member=REFERRER)]),
        (answers.ContactPage, [await clinic.get(f"{path}/contacts")]),
        (goals_answers.GoalPage, [await clinic.get(f"{path}/goals")]),
        (goals_answers.GoalUpdatePage, [await clinic.get(f"/goals/{goal.json()['id']}/updates")]),
        (answers.ReferralPage, [await clinic.get("/referrals", member=MANAGER)]),
        (answers.Card, [await clinic.get(f"/internal{record}/card", member="service reporting")]),
        (answers.BatchAnswered, [told, replayed]),
    ]

    for model, given in shown:
        for answer in given:
            assert answer.is_success, answer.text
            model.model_validate_json(answer.text)
    assert told.json()["items"][0]["body"] == replayed.json()["items"][0]["body"]
