"""The rules of the register and of listings."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.access.caller import MEMBER_ROLES
from services.directory.domain.listings import (
    LISTING_PUBLISHERS,
    LISTING_SUGGESTERS,
    ListingNotPublished,
    PageBeyondEnd,
    PublishingNotAllowed,
    page_of,
    require_withdrawable,
    state_when_entered,
)
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
    for role in LISTING_PUBLISHERS:
        assert state_when_entered({role}, publish=None) == "published"
        assert state_when_entered({role}, publish=True) == "published"
        assert state_when_entered({role}, publish=False) == "draft"


def test_those_who_suggest_never_publish() -> None:
    for role in LISTING_SUGGESTERS:
        assert state_when_entered({role}, publish=None) == "draft"
        assert state_when_entered({role}, publish=False) == "draft"
        with pytest.raises(PublishingNotAllowed):
            state_when_entered({role}, publish=True)


def test_a_draft_cannot_be_withdrawn() -> None:
    require_withdrawable("published")
    require_withdrawable("withdrawn")
    with pytest.raises(ListingNotPublished):
        require_withdrawable("draft")


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
