"""Which codes stand, by what stands: asked for once, and taken back when it was otherwise."""

import csv
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.coding import (
    CODES,
    DECLINED,
    OFFERED,
    REFERRED,
    Cause,
    ClinicalCode,
    EpisodeFacts,
    Standing,
    UnsoundCode,
    codes_allowed,
    is_concept,
    is_declined_by_person,
    restate,
)
from tests.contracts.standards import standards

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
ALLOWED = codes_allowed(None)


def a_cause(occurred_at: datetime = DAY) -> Cause:
    return Cause(uuid4(), uuid4(), occurred_at, uuid4())


def standing(code: ClinicalCode, cause: Cause) -> Standing:
    return Standing(uuid4(), code.code, cause.id, cause.occurred_at)


def asked(facts: EpisodeFacts, *known: Standing) -> list[str]:
    return [one.code for one in restate(facts, known, ALLOWED).ask_for]


def taken_back(facts: EpisodeFacts, *known: Standing) -> list[str]:
    return [one.code for one in restate(facts, known, ALLOWED).take_back]


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.term)
def test_every_code_has_a_sound_check_digit(code: ClinicalCode) -> None:
    assert is_concept(code.code)


@given(place=st.integers(0, 13), digit=st.integers(1, 9))
def test_a_slip_in_any_one_digit_is_found(place: int, digit: int) -> None:
    code = REFERRED.code
    wrong = str((int(code[place]) + digit) % 10)

    assert not is_concept(f"{code[:place]}{wrong}{code[place + 1 :]}")


@given(place=st.integers(0, 13))
def test_two_digits_that_changed_places_are_found(place: int) -> None:
    code = REFERRED.code
    swapped = f"{code[:place]}{code[place + 1]}{code[place]}{code[place + 2 :]}"

    assert (swapped == code) == is_concept(swapped)


@pytest.mark.parametrize(
    "code", ["1054321000000100", "1076171000000100", "104586100000100", "22298007", "", "٨٧١"]
)
def test_a_number_that_is_no_concept_stops_the_table_from_loading(code: str) -> None:
    with pytest.raises(UnsoundCode):
        ClinicalCode(code, "Not a code", verified=False, sources=())


def test_a_verified_code_says_who_verifies_it_and_the_offer_is_not() -> None:
    assert all(bool(code.sources) == code.verified for code in CODES)
    assert not OFFERED.verified


def test_a_link_workers_first_accepted_contact_is_coded_as_a_referral() -> None:
    cause = a_cause()

    change = restate(
        EpisodeFacts(accepted=True, first_of_link_worker=cause, declined=None), (), ALLOWED
    )

    assert [(one.code, one.cause) for one in change.ask_for] == [("871731000000106", cause)]
    assert change.take_back == ()


def test_nothing_is_coded_before_it_is_accepted_or_before_a_link_worker_spoke() -> None:
    spoken = EpisodeFacts(accepted=False, first_of_link_worker=a_cause(), declined=None)
    accepted = EpisodeFacts(accepted=True, first_of_link_worker=None, declined=None)

    assert asked(spoken) == []
    assert asked(accepted) == []


def test_the_same_facts_ask_for_nothing_twice() -> None:
    cause = a_cause()
    facts = EpisodeFacts(accepted=True, first_of_link_worker=cause, declined=None)

    change = restate(facts, [standing(REFERRED, cause)], ALLOWED)

    assert (change.ask_for, change.take_back) == ((), ())


def test_a_contact_that_is_none_any_more_takes_its_code_back() -> None:
    facts = EpisodeFacts(accepted=True, first_of_link_worker=None, declined=None)

    assert taken_back(facts, standing(REFERRED, a_cause())) == [REFERRED.code]


def test_a_contact_that_was_on_another_day_is_coded_anew_and_one_that_was_an_hour_later_is_not() -> (
    None
):
    cause = a_cause()
    known = standing(REFERRED, cause)
    for later, anew in ((timedelta(hours=1), []), (timedelta(days=1), [REFERRED.code])):
        moved = Cause(cause.id, cause.referral_id, cause.occurred_at + later, cause.worker_id)
        facts = EpisodeFacts(accepted=True, first_of_link_worker=moved, declined=None)

        assert asked(facts, known) == anew
        assert taken_back(facts, known) == anew


def test_a_persons_no_is_coded_instead_of_a_referral_and_not_beside_it() -> None:
    declined, cause = a_cause(), a_cause()
    alone = EpisodeFacts(accepted=False, first_of_link_worker=None, declined=declined)
    spoken = EpisodeFacts(accepted=True, first_of_link_worker=cause, declined=declined)

    assert asked(alone) == [DECLINED.code]
    assert asked(spoken) == [REFERRED.code]


def test_who_declined_and_came_after_all_keeps_both_codes() -> None:
    declined = a_cause()
    facts = EpisodeFacts(accepted=True, first_of_link_worker=a_cause(), declined=declined)

    change = restate(facts, [standing(DECLINED, declined)], ALLOWED)

    assert [one.code for one in change.ask_for] == [REFERRED.code]
    assert change.take_back == ()


def test_a_network_that_said_nothing_codes_what_link_workers_record_nationally() -> None:
    assert codes_allowed(None) == {REFERRED.code, DECLINED.code}
    assert codes_allowed({"health-coach": [REFERRED.code], "link-worker": [DECLINED.code]}) == {
        DECLINED.code
    }
    assert codes_allowed({"health-coach": [REFERRED.code]}) == frozenset()


def test_what_the_catalogue_does_not_let_the_role_record_is_not_coded() -> None:
    spoken = EpisodeFacts(accepted=True, first_of_link_worker=a_cause(), declined=None)
    declined = EpisodeFacts(accepted=False, first_of_link_worker=None, declined=a_cause())

    for facts, code in ((spoken, REFERRED.code), (declined, DECLINED.code)):
        assert [one.code for one in restate(facts, (), {code}).ask_for] == [code]
        assert restate(facts, (), ALLOWED - {code}).ask_for == ()


def test_a_catalogue_that_changed_takes_nothing_back_and_a_voided_contact_still_does() -> None:
    cause = a_cause()
    facts = EpisodeFacts(accepted=True, first_of_link_worker=cause, declined=None)
    nothing = EpisodeFacts(accepted=True, first_of_link_worker=None, declined=None)
    known = [standing(REFERRED, cause)]

    assert restate(facts, known, frozenset()).take_back == ()
    assert [one.code for one in restate(nothing, known, frozenset()).take_back] == [REFERRED.code]


@pytest.mark.parametrize(
    ("reason", "own"),
    [
        (None, True),
        ("not-wanted", True),
        ("other", True),
        ("not-reached", False),
        ("not-suitable", False),
        ("outside-area", False),
        ("duplicate", False),
        ("withdrawn", False),
        ("moved-away", False),
        ("died", False),
    ],
)
def test_only_the_persons_own_no_counts(reason: str | None, own: bool) -> None:
    assert is_declined_by_person(reason) == own


def test_an_offer_is_coded_only_where_it_was_switched_on() -> None:
    facts = EpisodeFacts(accepted=True, first_of_link_worker=a_cause(), declined=None)

    assert OFFERED.code not in asked(facts)
    assert OFFERED.code in [
        one.code for one in restate(facts, (), ALLOWED, records_unverified=True).ask_for
    ]


def a_known_cause(number: int, days: int) -> Cause:
    return Cause(UUID(int=number), UUID(int=9), DAY + timedelta(days=days), UUID(int=7))


CAUSES = st.none() | st.builds(a_known_cause, st.integers(1, 4), st.integers(0, 3))
FACTS = st.builds(EpisodeFacts, st.booleans(), CAUSES, CAUSES)


@given(history=st.lists(FACTS, max_size=20), offers=st.booleans())
def test_after_any_history_each_code_stands_at_most_once_and_for_what_is_so(
    history: list[EpisodeFacts], offers: bool
) -> None:
    known: list[Standing] = []
    for facts in history:
        change = restate(facts, known, ALLOWED, records_unverified=offers)
        known = [one for one in known if one not in change.take_back]
        known += [
            Standing(uuid4(), one.code, one.cause.id, one.cause.occurred_at)
            for one in change.ask_for
        ]
        again = restate(facts, known, ALLOWED, records_unverified=offers)
        assert (again.ask_for, again.take_back) == ((), ())
        assert len({one.code for one in known}) == len(known)
        by_code = {one.code: one for one in known}
        referred = facts.first_of_link_worker if facts.accepted else None
        assert (REFERRED.code in by_code) == (referred is not None)
        if DECLINED.code in by_code:
            assert facts.declined is not None
            assert by_code[DECLINED.code].cause_id == facts.declined.id


def test_the_check_digit_agrees_with_a_checked_list() -> None:
    checked = standards() / "codes" / "snomed_social_prescribing.csv"
    with checked.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))

    assert len(rows) > 100
    for row in rows:
        assert is_concept(row["code"]) == (row["verhoeff_ok"] == "yes"), row["code"]
