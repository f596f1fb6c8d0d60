"""What goes back: the whole to the practice, a share to who referred, the same bytes for ever."""

import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

from services.referral.domain.message_back import (
    FORMAT,
    AboutMe,
    Closure,
    ContactsHad,
    MeasureScore,
    MessageBack,
    OnwardService,
    OutcomeMeasure,
    PersonDemographics,
    PlaceNamed,
    PlannedGoal,
    Provenance,
    ReferralIn,
    content_hash,
    for_referrer,
    referrers_beside,
    written,
)

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PRACTICE = PlaceNamed(name="Wayford practice (synthetic)", code="Y99001")
OTHER = PlaceNamed(name="Other practice (synthetic)", code="Y99002")
SERVICE = PlaceNamed(name="Wayford North (synthetic)", code="U99001")


def a_referral_of(referrer: PlaceNamed, need: str) -> ReferralIn:
    return ReferralIn(
        referral_id=uuid4(),
        referred_at=AT,
        referrer=referrer,
        source="general-practice",
        urgency="routine",
        reasons=(need, "money"),
        reason_in_words=f"words of {referrer.code}",
        reference=None,
        status="closed",
    )


def a_message() -> MessageBack:
    return MessageBack(
        format=FORMAT,
        recipient_kind="practice",
        recipient=PRACTICE,
        person_demographics=PersonDemographics(
            person_name="Ada Example",
            preferred_name="Addie",
            date_of_birth=date(1951, 4, 12),
            address=("1 Secret Road",),
            postcode="ZZ1 1AA",
            nhs_number="9990000018",
            gender="female",
            ethnic_category="A",
            phone="07700 900123",
            email="secret@people.example.org",
            preferred_contact_method="phone",
            preferred_language="en",
            interpreter_needed=False,
        ),
        gp_practice=PRACTICE,
        referrals=tuple(
            a_referral_of(referrer, need)
            for referrer, need in ((PRACTICE, "isolation"), (OTHER, "housing"), (SERVICE, "work"))
        ),
        access_needs=("secret-need",),
        about_me=AboutMe(what_matters_to_me="secret wish", how_best_to_support_me="secret way"),
        needs_and_concerns=("isolation", "money", "housing", "work"),
        plan_and_goals=(
            PlannedGoal(goal="secret goal", need="money", status="met", target_date=None),
        ),
        outcome_measures=(
            OutcomeMeasure(
                instrument="ons4",
                instrument_version=1,
                taken_at=AT,
                occasion="baseline",
                answered_by="person",
                complete=False,
                scores=(MeasureScore(name="secret-score", value=None, band=None),),
            ),
        ),
        onward_services=(
            OnwardService(
                listing_id=UUID(int=5), need="isolation", offered_at=AT, status="attended"
            ),
        ),
        contacts=ContactsHad(count=3, first_at=AT, last_at=AT, worker_id=UUID(int=7)),
        closure=Closure(
            closed_at=AT,
            outcome="goals-met",
            what_next="carries-on-alone",
            summary="secret summary",
            days_open=30,
            goals_set=1,
            goals_met=1,
            clinical_codes=("871731000000106",),
        ),
        provenance=Provenance(
            completed_by=UUID(int=7), recorded_at=AT, service=SERVICE, distribution=(PRACTICE,)
        ),
    )


def test_the_same_message_is_the_same_bytes_and_any_other_is_not() -> None:
    message = a_message()
    other = replace(message, closure=replace(message.closure, days_open=31))

    assert written(message) == written(replace(message))
    assert content_hash(written(message)) != content_hash(written(other))
    assert set(json.loads(written(message))) == {one.name for one in fields(MessageBack)}


def test_a_score_that_is_missing_is_null_and_not_nought() -> None:
    (measure,) = json.loads(written(a_message()))["outcome_measures"]

    assert measure["scores"] == [{"name": "secret-score", "value": None, "band": None}]


def test_a_referrer_gets_their_own_referral_and_nothing_the_person_told_the_service() -> None:
    share = for_referrer(a_message(), OTHER)
    told = written(share)

    assert (share.recipient_kind, share.recipient) == ("referrer", OTHER)
    assert [one.referrer for one in share.referrals] == [OTHER]
    assert share.needs_and_concerns == ("housing", "money")
    assert share.person_demographics.person_name == "Ada Example"
    assert (share.closure.outcome, share.closure.goals_met) == ("goals-met", 1)
    for kept_back in ("secret", "9990000018", "07700", "ZZ1", "words of Y99001", "871731"):
        assert kept_back not in told


def test_the_practice_and_the_service_itself_are_no_referrers_beside() -> None:
    assert referrers_beside(a_message()) == (OTHER,)
