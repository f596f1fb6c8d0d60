"""The rules of a referral's life, told one by one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import get_args
from uuid import uuid4

import pytest

from contracts import codes
from services.referral.domain.episodes import (
    GOAL_FOLLOWS,
    STATUS_FOLLOWS,
    Episode,
    Goal,
    GoalStatus,
    Referral,
    ReferralStatus,
    check_happened,
)
from services.referral.domain.people import (
    AGE_BANDS,
    OLDEST_AGE_BAND,
    Consent,
    Person,
    PersonDetails,
    age_band,
    check_synthetic,
)
from services.referral.domain.refusals import (
    EpisodeNotOpen,
    GoalEnded,
    NhsNumberNotSynthetic,
    NothingCorrected,
    OccurredInTheFuture,
    OccurredTooEarly,
    PersonDetailsDiffer,
    ReasonRequired,
    ReferralNotOpen,
    Refused,
    StatusCannotFollow,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SYNTHETIC_NUMBER = "9990000018"


def an_episode() -> Episode:
    return Episode(id=uuid4(), person_id=uuid4(), pcn_code="U99001", opened_at=NOON)


def a_referral(episode: Episode, status: ReferralStatus = "received") -> Referral:
    return Referral(
        id=uuid4(),
        episode_id=episode.id,
        practice_code="Y99001",
        referrer_code="Y99001",
        status=status,
    )


def a_goal(episode: Episode, referral: Referral, status: GoalStatus = "set") -> Goal:
    return Goal(
        id=uuid4(),
        episode_id=episode.id,
        referral_id=referral.id,
        practice_code="Y99001",
        status=status,
    )


def a_person() -> Person:
    details = PersonDetails(
        practice_code="Y99001",
        nhs_number=SYNTHETIC_NUMBER,
        given_name="Ada",
        family_name="Wayford",
        birth_date=date(1950, 5, 17),
        sex="female",
        ethnicity_category="A",
        deprivation_decile=3,
        language="en",
        postcode="ZZ1 1AA",
        email=None,
        phone=None,
    )
    return Person(
        id=uuid4(),
        pcn_code="U99001",
        details=details,
        consent=Consent(messages_consented=False, safe_channel="none"),
        version=1,
    )


def received() -> tuple[Episode, Referral]:
    episode = an_episode()
    episode.receive_referral()
    return episode, a_referral(episode)


@pytest.mark.parametrize("status", ["accepted", "declined", "returned"])
def test_a_received_referral_is_accepted_declined_or_returned(status: ReferralStatus) -> None:
    episode, referral = received()

    change = episode.change_status(referral, status, NOON)

    assert (change.previous_status, change.status, referral.status) == ("received", status, status)


@pytest.mark.parametrize("previous", get_args(codes.ReferralStatus))
@pytest.mark.parametrize("wanted", get_args(codes.ReferralStatus))
def test_every_other_way_from_status_to_status_is_refused_and_changes_nothing(
    previous: ReferralStatus, wanted: ReferralStatus
) -> None:
    allowed = {
        ("received", "accepted"),
        ("received", "declined"),
        ("received", "returned"),
        ("accepted", "closed"),
        ("declined", "closed"),
        ("returned", "closed"),
    }
    episode, referral = received()
    referral.status = previous
    if (previous, wanted) in allowed:
        episode.change_status(referral, wanted, NOON)
        return
    before = replace(episode), replace(referral)

    with pytest.raises(StatusCannotFollow) as refused:
        episode.change_status(referral, wanted, NOON)

    assert (refused.value.name, refused.value.pointer) == ("status-cannot-follow", "/status")
    assert (episode, referral) == before


def test_the_last_open_referral_to_end_closes_the_episode() -> None:
    episode, first = received()
    episode.receive_referral()
    second = a_referral(episode)

    declined = episode.change_status(first, "declined", NOON)
    returned = episode.change_status(second, "returned", NOON + timedelta(days=3))

    assert (declined.closed_episode, returned.closed_episode) == (False, True)
    assert episode.closed_at == NOON + timedelta(days=3)


def test_filing_a_declined_referral_away_leaves_the_others_of_its_episode_open() -> None:
    episode, first = received()
    episode.receive_referral()
    episode.change_status(first, "declined", NOON)

    episode.change_status(first, "closed", NOON)

    assert episode.is_open
    assert episode.open_referrals == 1


def test_an_episode_never_closes_before_it_opened() -> None:
    episode, referral = received()

    episode.change_status(referral, "declined", NOON - timedelta(days=1))

    assert episode.closed_at == NOON


def test_a_closed_episode_takes_no_referral() -> None:
    episode, referral = received()
    episode.change_status(referral, "declined", NOON)

    with pytest.raises(EpisodeNotOpen):
        episode.receive_referral()


def test_the_first_contact_by_a_worker_makes_the_episode_theirs_for_good() -> None:
    episode, referral = received()
    first, second = uuid4(), uuid4()

    assert episode.record_contact(referral, first) == (1, 2)
    assert episode.record_contact(referral, second) == (2, 3)

    assert episode.worker_id == first


def test_a_contact_by_nobody_in_particular_assigns_nobody() -> None:
    episode, referral = received()

    episode.record_contact(referral, None)

    assert episode.worker_id is None


@pytest.mark.parametrize("status", ["declined", "returned", "closed"])
def test_nothing_more_happens_on_a_referral_that_is_not_open(status: ReferralStatus) -> None:
    episode, referral = received()
    referral.status = status
    before = replace(episode)

    with pytest.raises(ReferralNotOpen):
        episode.record_contact(referral, uuid4())
    with pytest.raises(ReferralNotOpen):
        episode.set_goal(referral)

    assert episode == before


@pytest.mark.parametrize("ended", ["met", "dropped"])
@pytest.mark.parametrize("wanted", ["progressing", "met", "changed", "dropped"])
def test_a_goal_that_was_met_or_dropped_stays_so(ended: GoalStatus, wanted: GoalStatus) -> None:
    episode, referral = received()
    goal = a_goal(episode, referral, ended)
    before = replace(episode), replace(goal)

    with pytest.raises(GoalEnded) as refused:
        episode.update_goal(goal, wanted)

    assert refused.value.name == "goal-ended"
    assert (episode, goal) == before


@pytest.mark.parametrize("ended", ["met", "dropped"])
def test_a_goal_that_ended_by_mistake_goes_on_where_that_corrects_it(ended: GoalStatus) -> None:
    episode, referral = received()
    goal = a_goal(episode, referral, ended)

    change = episode.update_goal(goal, "progressing", corrects=True)

    assert (change.previous_status, change.status, change.update_number) == (
        ended,
        "progressing",
        1,
    )
    with pytest.raises(NothingCorrected):
        episode.update_goal(goal, "progressing", corrects=True)


def test_the_updates_of_a_goal_are_counted_from_one() -> None:
    episode, referral = received()
    goal = a_goal(episode, referral)

    changes = [episode.update_goal(goal, "progressing"), episode.update_goal(goal, "met")]

    assert [(change.update_number, change.previous_status) for change in changes] == [
        (1, "set"),
        (2, "progressing"),
    ]


def test_a_goal_is_never_set_back_to_new() -> None:
    episode, referral = received()

    with pytest.raises(GoalEnded):
        episode.update_goal(a_goal(episode, referral, "progressing"), "set")


def test_a_goal_of_an_ended_episode_is_not_updated() -> None:
    episode, referral = received()
    goal = a_goal(episode, referral)
    episode.change_status(referral, "declined", NOON)

    with pytest.raises(EpisodeNotOpen):
        episode.update_goal(goal, "met")


def test_a_colleague_is_let_in_with_a_reason_only() -> None:
    episode, referral = received()
    owner, colleague = uuid4(), uuid4()
    episode.check_opened_by(colleague, has_reason=False)
    episode.record_contact(referral, owner)

    episode.check_opened_by(owner, has_reason=False)
    episode.check_opened_by(colleague, has_reason=True)
    with pytest.raises(ReasonRequired):
        episode.check_opened_by(colleague, has_reason=False)
    with pytest.raises(ReasonRequired):
        episode.check_opened_by(None, has_reason=False)


def test_the_future_and_the_time_before_the_referral_are_refused() -> None:
    episode, _ = received()
    almost_a_minute, a_good_minute = timedelta(seconds=59), timedelta(seconds=61)

    check_happened(NOON + almost_a_minute, NOON)
    episode.check_began_before(NOON - almost_a_minute)
    with pytest.raises(OccurredInTheFuture):
        check_happened(NOON + a_good_minute, NOON)
    with pytest.raises(OccurredTooEarly):
        episode.check_began_before(NOON - a_good_minute)


def test_a_change_of_nothing_is_not_announced() -> None:
    person = a_person()

    assert person.amend(person.details, person.consent) is None
    assert person.version == 1
    assert person.amend(replace(person.details, language="pl"), person.consent) == 2


def test_a_withdrawn_consent_alone_is_a_change() -> None:
    person = a_person()

    version = person.amend(person.details, Consent(messages_consented=True, safe_channel="email"))

    assert version == 2


def test_a_number_on_record_for_another_birth_date_is_a_slip_and_not_a_match() -> None:
    person = a_person()

    person.check_same_human(replace(person.details, given_name="Adah", postcode=None))
    with pytest.raises(PersonDetailsDiffer):
        person.check_same_human(replace(person.details, birth_date=date(1950, 5, 18)))


def test_a_demonstration_takes_only_numbers_that_are_nobodys() -> None:
    check_synthetic(SYNTHETIC_NUMBER, "/nhs_number")
    check_synthetic(None, "/nhs_number")
    with pytest.raises(NhsNumberNotSynthetic) as refused:
        check_synthetic("9434765919", "/person/nhs_number")

    assert refused.value.pointer == "/person/nhs_number"


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(2026, 3, 2), "0-17"),
        (date(2008, 3, 3), "0-17"),
        (date(2008, 3, 2), "18-29"),
        (date(1996, 3, 2), "30-44"),
        (date(1951, 3, 3), "60-74"),
        (date(1951, 3, 2), "75+"),
        (date(1904, 2, 29), "75+"),
    ],
)
def test_an_age_band_is_of_completed_years(born: date, band: str) -> None:
    assert age_band(born, date(2026, 3, 2)) == band


def test_the_domain_says_the_words_of_the_contracts() -> None:
    assert set(STATUS_FOLLOWS) == set(get_args(codes.ReferralStatus))
    assert set(GOAL_FOLLOWS) == set(get_args(codes.GoalStatus))
    bands = {band for _, band in AGE_BANDS} | {OLDEST_AGE_BAND}
    assert bands == set(get_args(codes.AgeBand)) - {"unknown"}


def test_age_bands_lie_in_order() -> None:
    assert all(lower < upper for (lower, _), (upper, _) in pairwise(AGE_BANDS))


def test_every_refusal_has_a_name_of_its_own() -> None:
    names = [refusal.name for refusal in Refused.__subclasses__()]

    assert len(names) == len(set(names))
    assert all(name == name.lower() and " " not in name for name in names)
