"""An item's life: by what the receiver says, each step once, and never past its end."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import get_args
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from contracts import codes
from services.referral.domain.writeback import (
    ACKNOWLEDGED_WITHIN_SECONDS,
    RETRY_MAX_SECONDS,
    Failure,
    Gap,
    Item,
    Kind,
    State,
    Step,
    again_after,
    compare,
    heard_within,
    take,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEPS = st.lists(st.sampled_from(get_args(Step)), max_size=30)


def an_item() -> Item:
    return Item(uuid4(), "code", "871731000000106", uuid4(), uuid4(), "U99001", "Y99001")


def test_every_kind_and_failure_can_be_told() -> None:
    assert set(get_args(Kind)) < set(get_args(codes.WritebackKind))
    assert set(get_args(Failure)) == set(get_args(codes.WritebackFailure))


@given(steps=STEPS)
def test_whatever_is_said_in_whatever_order_each_change_is_one_version(steps: list[Step]) -> None:
    item = an_item()
    history: list[State] = [item.state]
    for step in steps:
        before = (item.state, item.version)
        if take(item, step):
            history.append(item.state)
            assert item.version == before[1] + 1
        else:
            assert (item.state, item.version) == before

    assert item.version == len(history)
    # What was taken back stays so, and only what was refused is asked for again.
    assert "withdrawn" not in history[:-1]
    for earlier, later in pairwise(history):
        assert earlier != later
        assert (later == "requested") == (earlier == "failed" and later == "requested")
        if later == "reconciled":
            assert earlier == "acknowledged"
        if earlier == "reconciled":
            assert later == "withdrawn"


@given(steps=STEPS)
def test_a_word_said_twice_changes_nothing_the_second_time(steps: list[Step]) -> None:
    once, twice = an_item(), an_item()
    for step in steps:
        take(once, step)
        take(twice, step)
        assert not take(twice, step)

    assert (once.state, once.version) == (twice.state, twice.version)


@given(attempts=st.integers(1, 1_000))
def test_waits_grow_to_a_limit_and_an_acknowledgement_has_its_minute(attempts: int) -> None:
    assert timedelta() < again_after(attempts) <= again_after(attempts + 1)
    assert again_after(attempts) <= timedelta(seconds=RETRY_MAX_SECONDS)
    assert heard_within(attempts) >= timedelta(seconds=ACKNOWLEDGED_WITHIN_SECONDS)


def test_a_gap_keeps_its_age_while_it_changes_its_size_and_ends_when_both_agree() -> None:
    later = NOON + timedelta(minutes=5)

    gap = compare(5, 3, None, NOON)
    grown = compare(9, 3, gap, later)
    more_there = compare(3, 4, None, later)

    assert gap == Gap(2, NOON, NOON)
    # It is as old as before; what went over until it grew is in doubt.
    assert grown == Gap(6, NOON, later)
    assert compare(4, 3, grown, later) == Gap(1, NOON, later)
    assert more_there == Gap(-1, later, later)
    assert compare(3, 4, None, later, unheard=1) is None
    assert compare(9, 9, grown, later) is None
