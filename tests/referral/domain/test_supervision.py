"""What a role entitles to, and when it is done, due and overdue."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.referral.domain.supervision import (
    Entitlement,
    Interval,
    IntervalSetTwice,
    NotOwedToRole,
    Owed,
    check_intervals,
    overdue_from,
    owed_to,
    role_named,
    state_of,
)

TODAY = date(2026, 6, 1)


def an_entitlement() -> Entitlement:
    return Entitlement(
        id=uuid4(), pcn_code="U99001", worker_id=uuid4(), kind="supervision", what="clinical"
    )


def test_a_link_worker_is_owed_clinical_and_emotional_supervision() -> None:
    owed = {(one.kind, one.what): one.every_weeks for one in owed_to(["link-worker"], {})}

    assert owed["supervision", "clinical"] == owed["supervision", "emotional"] == 4


def test_a_navigator_is_owed_training_in_local_resources_communication_and_risk() -> None:
    owed = {one.what for one in owed_to(["care-navigator"], {}) if one.kind == "training"}

    assert owed == {"local-resources", "communication", "risk"}


def test_what_a_network_says_of_a_role_counts_instead_and_training_stays() -> None:
    owed = owed_to(["link-worker"], {"link-worker": [("peer", 8)]})

    assert Owed("supervision", "peer", 8) in owed
    assert "clinical" not in {one.what for one in owed}
    assert {one.kind for one in owed} == {"supervision", "training"}
    assert owed_to(["link-worker"], {"link-worker": []}) == [Owed("training", "safeguarding", 52)]


def test_of_two_roles_in_one_post_the_more_often_counts() -> None:
    owed = owed_to(["link-worker", "care-coordinator"], {})

    assert [one.every_weeks for one in owed if one.what == "clinical"] == [4]
    assert set(owed) == set(owed_to(["care-coordinator", "link-worker"], {}))
    assert role_named(["care-coordinator", "link-worker"]) == "link-worker"
    assert owed_to(["pcn-manager"], {}) == []


@pytest.mark.parametrize(
    ("next_by", "state"),
    [
        (TODAY - timedelta(days=1), "overdue"),
        (TODAY, "due"),
        (TODAY + timedelta(days=14), "due"),
        (TODAY + timedelta(days=15), "done"),
    ],
)
def test_it_is_due_two_weeks_before_and_overdue_the_day_after(next_by: date, state: str) -> None:
    assert state_of(next_by, TODAY - timedelta(days=30), TODAY) == state


def test_who_never_had_any_has_no_day_it_was_due_by() -> None:
    assert state_of(None, None, TODAY) == "never"


def test_it_falls_due_once_its_day_is_over_in_england() -> None:
    entitlement = an_entitlement()
    assert entitlement.fall_due(datetime(2027, 1, 1, tzinfo=UTC)) is False
    entitlement.had(date(2026, 6, 1), 4)
    over_at = datetime(2026, 6, 29, 23, tzinfo=UTC)

    assert overdue_from(date(2026, 6, 29)) == over_at
    assert not entitlement.fall_due(over_at - timedelta(seconds=1))
    assert entitlement.fall_due(over_at)
    assert entitlement.version == 2


@given(st.lists(st.integers(0, 400), min_size=1, max_size=20), st.integers(1, 52))
def test_whatever_order_it_is_entered_in_the_latest_day_counts(
    days: list[int], every_weeks: int
) -> None:
    entitlement = an_entitlement()
    for day in days:
        before = entitlement.next_by
        on = TODAY + timedelta(days=day)
        assert entitlement.had(on, every_weeks) == (before is not None and on > before)

    latest = TODAY + timedelta(days=max(days))
    assert entitlement.last_on == latest
    assert entitlement.next_by == latest + timedelta(weeks=every_weeks)
    assert entitlement.version == len(days)


def test_what_a_network_set_counts_before_its_catalogue_and_for_that_role_alone() -> None:
    catalogue = {"link-worker": [("clinical", 4)], "health-coach": [("clinical", 8)]}
    own = {("link-worker", "supervision", "clinical"): 6}

    def weeks(*roles: str) -> int:
        (owed,) = [one for one in owed_to(roles, catalogue, own) if one.kind == "supervision"]
        return owed.every_weeks

    assert (weeks("link-worker"), weeks("health-coach")) == (6, 8)
    assert weeks("health-coach", "link-worker") == 6


def test_a_network_sets_how_often_for_what_the_role_is_owed_and_once() -> None:
    clinical = Interval("link-worker", "supervision", "clinical", 6)
    safeguarding = Interval("link-worker", "training", "safeguarding", 26)
    check_intervals([clinical, safeguarding], {})
    with pytest.raises(IntervalSetTwice):
        check_intervals([clinical, clinical], {})
    with pytest.raises(NotOwedToRole):
        check_intervals([clinical], {"link-worker": [("emotional", 4)]})
    with pytest.raises(NotOwedToRole):
        check_intervals([Interval("other", "training", "safeguarding", 26)], {})


@given(weeks=st.lists(st.none() | st.integers(1, 260), max_size=6))
def test_the_day_follows_what_holds_last_and_a_change_to_the_same_moves_nothing(
    weeks: list[int | None],
) -> None:
    entitlement = an_entitlement()
    entitlement.had(TODAY, 4)
    for every in weeks:
        before = entitlement.next_by
        moved = entitlement.follow(every)
        assert moved == (entitlement.next_by != before)
        assert not entitlement.follow(every)
        assert entitlement.next_by == (TODAY + timedelta(weeks=every) if every else None)
    assert entitlement.version == 1  # what is told of it is what they had
    assert not an_entitlement().follow(4)
