"""The rules of the register and of listings."""

from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.access.caller import MEMBER_ROLES
from services.directory.domain.listing_changes import (
    WORDS_LENGTH_MAX,
    changed_content,
    differences,
)
from services.directory.domain.listings import (
    PUBLISHERS,
    Actor,
    ContentBroken,
    ListingState,
    PublishingNotAllowed,
    Standing,
    Step,
    StepNotAllowed,
    StepNotPossible,
    check_content,
    state_after,
    state_when_entered,
)
from services.directory.domain.paging import PageBeyondEnd, page_of
from services.directory.domain.register import (
    ROLE_KINDS,
    Belonging,
    BelongingGoesBack,
    BelongsAlready,
    RoleHeldElsewhere,
    RoleNeverGranted,
    require_later,
    require_role_fits,
)


def test_every_role_a_member_can_hold_says_where_it_is_held() -> None:
    assert set(ROLE_KINDS) | {"person"} == MEMBER_ROLES


@pytest.mark.parametrize("role", ["service", "person", "other", "king"])
def test_some_roles_are_never_granted(role: str) -> None:
    with pytest.raises(RoleNeverGranted):
        require_role_fits(role, "region")


def test_a_role_is_held_in_its_own_kinds_of_organisation_only() -> None:
    for role, own in ROLE_KINDS.items():
        for kind in ("region", "pcn", "practice", "organization"):
            if kind in own:
                require_role_fits(role, kind)
            else:
                with pytest.raises(RoleHeldElsewhere) as refused:
                    require_role_fits(role, kind)
                assert refused.value.kinds == own


def test_a_move_starts_after_the_belonging_it_ends() -> None:
    here = Belonging("U99001", date(2025, 4, 1))

    require_later(None, here)
    require_later(here, here)
    require_later(here, Belonging("U99002", date(2025, 4, 2)))

    with pytest.raises(BelongingGoesBack):
        require_later(here, Belonging("U99002", date(2025, 4, 1)))
    with pytest.raises(BelongsAlready):
        require_later(here, Belonging("U99001", date(2025, 5, 1)))


def test_publishers_publish_unless_they_keep_it_back() -> None:
    for standing in PUBLISHERS:
        for wait in (True, False):
            for publish, state in ((None, "published"), (True, "published"), (False, "draft")):
                entered = state_when_entered(standing, publish=publish, own_changes_wait=wait)
                assert entered == state


def test_those_who_suggest_never_publish() -> None:
    for standing, wait in (("worker", False), ("worker", True), ("owner", True)):
        assert state_when_entered(standing, publish=None, own_changes_wait=wait) == "draft"
        with pytest.raises(PublishingNotAllowed):
            state_when_entered(standing, publish=True, own_changes_wait=wait)
    assert state_when_entered("owner", publish=None, own_changes_wait=False) == "published"


@given(
    step=st.sampled_from(get_args(Step)),
    state=st.sampled_from(get_args(ListingState)),
    standing=st.sampled_from(get_args(Standing)),
    wait=st.booleans(),
)
def test_what_was_never_shown_is_not_taken_away_and_what_others_hid_stays_hidden(
    step: Step, state: ListingState, standing: Standing, wait: bool
) -> None:
    try:
        after = state_after(step, state, standing, own_changes_wait=wait)
    except StepNotAllowed:
        assert standing not in PUBLISHERS
        return
    except StepNotPossible:
        assert state == "draft" or step in {"doubt", "hide"}
        return
    assert standing != "worker"
    if state == "draft":
        assert step == "publish"
    if standing == "owner":
        assert step in {"publish", "restore", "withdraw"}
        assert state != "hidden" or after != "published"
        assert not wait or after == "withdrawn"
    # The same step again leads nowhere else.
    assert state_after(step, after, "registrar", own_changes_wait=wait) == after


def test_somebody_stands_to_a_listing_by_their_widest_right() -> None:
    actor = Actor(
        member_key="0" * 32,
        keeps=frozenset({"QZZ"}),
        manages=frozenset({"QYY"}),
        works_in=frozenset({"QYY", "QXX"}),
        organizations=frozenset({"own"}),
    )

    assert actor.standing("QZZ", "own") == "registrar"
    assert actor.standing("QYY", "own") == "manager"
    assert actor.standing("QXX", "own") == "owner"
    assert actor.standing("QXX", "other") == "worker"
    assert actor.standing("QWW", "other") is None


def test_facts_that_do_not_go_together_are_named() -> None:
    for content, pointer in (
        ({"minimum_age": 40, "maximum_age": 30}, "/minimum_age"),
        ({"schedules": [{}, {"at_location": 1}], "locations": [{}]}, "/schedules/1/at_location"),
    ):
        with pytest.raises(ContentBroken) as broken:
            check_content(content)
        assert broken.value.pointer == pointer


def test_a_difference_is_told_in_words_fact_by_fact() -> None:
    before = {
        "name": "Walk",
        "fees": "Free",
        "schedules": [{"byday": "MO"}],
        "needs": ["isolation"],
    }
    after = {
        "name": "Walk",
        "schedules": [{"byday": "TU"}],
        "alert": "Bring\nboots",
        "needs": ["isolation"],
    }

    told = differences(before, after)

    assert [one.words for one in told] == [
        "Fees: Free (taken out)",
        "Alert: Bring boots (new)",
        "Times: – MO; + TU",
    ]
    assert differences(after, after) == []
    assert changed_content(before, {"fees": None, "schedules": [], "name": "Stroll"}) == {
        "name": "Stroll",
        "needs": ["isolation"],
    }


@given(st.integers(0, 900), st.booleans())
def test_a_difference_shows_where_two_long_texts_part(place: int, within_a_part: bool) -> None:
    old = " ".join(f"word{number}" for number in range(150))
    new = f"{old[:place]}OTHERWISE{old[place:]}"
    field = "locations" if within_a_part else "description"
    before, after = [{field: [{"name": one}] if within_a_part else one} for one in (old, new)]

    (told,) = differences(before, after)

    assert told.words.count("OTHERWISE") == 1
    assert (told.before, told.after) == (before[field], after[field])
    assert len(told.words) <= len("Description:  → ") + 2 * WORDS_LENGTH_MAX


@given(total=st.integers(0, 5_000), per_page=st.integers(1, 100))
def test_walking_the_pages_shows_everything_once_and_only_the_last_is_short(
    total: int, per_page: int
) -> None:
    last = page_of(total_items=total, number=1, per_page=per_page).total_pages
    shown = 0
    for number in range(1, last + 1):
        page = page_of(total_items=total, number=number, per_page=per_page)
        size = max(0, min(per_page, total - (number - 1) * per_page))
        assert page.first == (number == 1)
        assert page.last == (number == last)
        assert size == per_page or page.last
        shown += size

    assert shown == total
    with pytest.raises(PageBeyondEnd):
        page_of(total_items=total, number=last + 1, per_page=per_page)
