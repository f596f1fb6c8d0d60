"""A risk flag stands until somebody ends it, and its review is overdue as its day ends in England."""

from datetime import UTC, date, datetime, timedelta
from typing import get_args
from uuid import uuid4

import pytest

from services.referral.domain.risk import (
    GROUPS,
    ReviewDayUnfit,
    RiskFlag,
    RiskFlagEnded,
    RiskKind,
    check_review_day,
    overdue_from,
)

SAID = datetime(2026, 6, 1, 9, tzinfo=UTC)


def a_flag(review_by: date = date(2026, 7, 1)) -> RiskFlag:
    return RiskFlag(
        id=uuid4(),
        person_id=uuid4(),
        pcn_code="U99001",
        kind="animal",
        raised_by=None,
        raised_at=SAID,
        review_by=review_by,
    )


def test_every_kind_belongs_to_a_group_and_no_group_names_its_kind() -> None:
    assert set(GROUPS) == set(get_args(RiskKind))
    assert set(GROUPS) & set(GROUPS.values()) == {"other"}


def test_a_flag_is_overdue_once_its_day_is_over_and_stands_all_the_same() -> None:
    flag = a_flag()
    over_at = datetime(2026, 7, 1, 23, tzinfo=UTC)

    assert overdue_from(flag.review_by) == over_at
    assert not flag.is_overdue(over_at - timedelta(seconds=1))
    assert flag.is_overdue(over_at)
    assert flag.ended_at is None


def test_a_review_moves_the_day_and_an_ended_flag_takes_neither() -> None:
    flag = a_flag()
    flag.review(date(2026, 9, 1), SAID + timedelta(days=40))
    flag.end("no-longer-holds", SAID + timedelta(days=50))

    assert (flag.review_by, flag.version, flag.end_reason) == (
        date(2026, 9, 1),
        3,
        "no-longer-holds",
    )
    with pytest.raises(RiskFlagEnded):
        flag.review(date(2026, 12, 1), SAID + timedelta(days=60))
    with pytest.raises(RiskFlagEnded):
        flag.end("mistaken", SAID + timedelta(days=60))
    assert not flag.is_overdue(SAID + timedelta(days=400))
    assert flag.version == 3


@pytest.mark.parametrize("days", [0, 1, 366])
def test_a_day_of_review_lies_within_a_year(days: int) -> None:
    check_review_day(SAID.date() + timedelta(days=days), SAID)


@pytest.mark.parametrize("days", [-1, 367])
def test_a_day_of_review_that_has_passed_or_is_far_away_is_refused(days: int) -> None:
    with pytest.raises(ReviewDayUnfit):
        check_review_day(SAID.date() + timedelta(days=days), SAID)
