"""How support ends and goes on: by steps its referrals' lives allow, and never past a limit."""

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import uuid4

import pytest

from contracts import codes
from services.referral.domain.closing import (
    REOPEN_DAYS_MAX,
    ClosingOutcome,
    EpisodeStillOpen,
    LoopsOpen,
    NewerEpisodeOpen,
    ReferralNotReopened,
    ReopeningTooLate,
    check_may_close,
    close,
    reason_of,
    reopen,
    steps_to_end,
)
from services.referral.domain.episodes import STATUS_FOLLOWS, Episode, Referral, ReferralStatus
from services.referral.domain.refusals import EpisodeNotOpen, OccurredTooEarly, Refused

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
LATER = START + timedelta(days=30)


def an_episode(*statuses: ReferralStatus) -> tuple[Episode, list[Referral]]:
    episode = Episode(uuid4(), uuid4(), "U99001", START)
    referrals = [Referral(uuid4(), episode.id, "Y99001", "Y99001") for _ in statuses]
    for _ in referrals:
        episode.receive_referral()
    for referral, status in zip(referrals, statuses, strict=True):
        if status != "received":
            episode.change_status(referral, status, START)
    return episode, referrals


def test_the_domain_knows_every_outcome_that_can_be_told() -> None:
    assert get_args(ClosingOutcome) == get_args(codes.ClosingOutcome)


@pytest.mark.parametrize("outcome", get_args(ClosingOutcome))
@pytest.mark.parametrize("status", ["received", "accepted"])
def test_every_open_referral_ends_by_steps_its_life_allows_and_says_why(
    status: ReferralStatus, outcome: ClosingOutcome
) -> None:
    stands = status
    for step in steps_to_end(status, outcome):
        assert step in STATUS_FOLLOWS[stands]
        stands = step

    assert stands not in {"received", "accepted"}
    assert reason_of(outcome) in get_args(codes.StatusReason)


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [("goals-met", "closed"), ("declined", "declined"), ("unreachable", "returned")],
)
def test_a_referral_nobody_had_answered_gets_the_answer_of_the_closing(
    outcome: ClosingOutcome, ends: ReferralStatus
) -> None:
    episode, (first, second, ended) = an_episode("accepted", "received", "declined")
    before = episode.version

    closed = close(episode, [first, second, ended], outcome, LATER)

    assert (first.status, second.status, ended.status) == ("closed", ends, "declined")
    assert not episode.is_open
    assert episode.closed_at == LATER
    assert closed.days_open == 30
    versions = [step.change.aggregate_version for step in closed.steps] + [closed.aggregate_version]
    assert versions == list(range(before + 1, episode.version + 1))
    assert [step.change.closed_episode for step in closed.steps].count(True) == 1


def test_what_has_ended_is_not_ended_again() -> None:
    episode, _ = an_episode("declined")

    with pytest.raises(EpisodeNotOpen):
        check_may_close(episode, 0, None)


def test_open_onward_referrals_do_not_fall_between_two_chairs() -> None:
    episode, _ = an_episode("accepted")

    with pytest.raises(LoopsOpen):
        check_may_close(episode, 1, None)
    check_may_close(episode, 1, "keep")
    check_may_close(episode, 0, None)


@pytest.mark.parametrize("status", ["closed", "declined"])
def test_support_is_taken_up_where_it_ended(status: ReferralStatus) -> None:
    episode, (referral,) = an_episode("declined" if status == "declined" else "accepted")
    if status == "closed":
        close(episode, [referral], "goals-met", LATER)
    before, closed_at = episode.version, episode.closed_at
    assert closed_at is not None

    reopened = reopen(episode, referral, closed_at + timedelta(days=7), newer_is_open=False)

    assert (reopened.days_closed, referral.status) == (7, "accepted")
    assert reopened.change.previous_status == status
    assert (episode.is_open, episode.open_referrals, episode.closed_at) == (True, 1, None)
    assert (reopened.change.aggregate_version, reopened.aggregate_version) == (
        before + 1,
        before + 2,
    )


@pytest.mark.parametrize(
    ("days", "newer", "status", "refusal"),
    [
        (REOPEN_DAYS_MAX + 1, False, "closed", ReopeningTooLate),
        (1, True, "closed", NewerEpisodeOpen),
        (1, False, "returned", ReferralNotReopened),
        (-1, False, "closed", OccurredTooEarly),
    ],
)
def test_what_may_not_go_on_stays_as_it_ended(
    days: int, newer: bool, status: ReferralStatus, refusal: type[Refused]
) -> None:
    episode, (referral,) = an_episode("returned" if status == "returned" else "accepted")
    if status == "closed":
        close(episode, [referral], "goals-met", LATER)
    closed_at, version = episode.closed_at, episode.version
    assert closed_at is not None

    with pytest.raises(refusal):
        reopen(episode, referral, closed_at + timedelta(days=days), newer_is_open=newer)

    assert (referral.status, episode.closed_at, episode.version) == (status, closed_at, version)


def test_the_last_day_is_a_day() -> None:
    episode, (referral,) = an_episode("accepted")
    close(episode, [referral], "goals-met", LATER)

    reopened = reopen(
        episode, referral, LATER + timedelta(days=REOPEN_DAYS_MAX), newer_is_open=False
    )

    assert reopened.days_closed == REOPEN_DAYS_MAX


def test_support_that_has_not_ended_is_not_taken_up() -> None:
    episode, (first, second) = an_episode("declined", "accepted")

    for referral in (first, second):
        with pytest.raises(EpisodeStillOpen):
            reopen(episode, referral, LATER, newer_is_open=True)
