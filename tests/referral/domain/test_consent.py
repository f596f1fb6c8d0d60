"""What was agreed is what may be shared; whoever has something owes a word when it is taken back."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.referral.domain.consent import (
    BeforeConsent,
    ConsentEnded,
    ConsentNotNarrower,
    ConsentStands,
    ConsentTooShort,
    Holder,
    NotAHolder,
    NothingToAcknowledge,
    Recipient,
    Said,
    SharingConsent,
    agreed,
    ends_at,
    is_unsettled,
    was_taken_back,
)
from services.referral.domain.refusals import Refused

GROUP = Recipient("organization", str(uuid4()))
PARTNER = Recipient("organization", str(uuid4()))
STRANGER = Recipient("practice", "Y99009")
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
EVERYTHING = ("contact-details", "needs", "plan", "goals")


def a_consent(
    scope: tuple[str, ...] = ("contact-details", "needs"), expires_on: date | None = None
) -> SharingConsent:
    return SharingConsent(
        id=uuid4(),
        person_id=uuid4(),
        pcn_code="U99001",
        recipient=GROUP,
        purpose="onward-referral",
        scope=frozenset(scope),
        expires_on=expires_on,
        given_at=BEGAN,
    )


def shared(consent: SharingConsent, holder: Recipient, *what: str) -> None:
    consent.holders[holder] = Holder(holder, frozenset(what), BEGAN, BEGAN)


def test_a_consent_permits_what_it_names_from_when_it_was_given() -> None:
    consent = a_consent()

    assert consent.permission(BEGAN - timedelta(seconds=1)) is None
    permission = consent.permission(BEGAN)
    assert permission is not None
    assert permission.covers("needs")
    assert not permission.covers("needs", "plan")
    assert permission.of(["plan", "needs"]) == {"needs"}


@pytest.mark.parametrize(
    ("last_day", "over_at"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 29, 0, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 23, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 26, 0, tzinfo=UTC)),
    ],
)
def test_a_last_day_ends_at_midnight_in_england_whatever_the_clocks_do(
    last_day: date, over_at: datetime
) -> None:
    consent = a_consent(expires_on=last_day)

    assert ends_at(last_day) == over_at
    assert consent.permits(over_at - timedelta(seconds=1))
    assert not consent.permits(over_at)


def test_a_consent_that_is_over_permits_nothing_before_anybody_noted_it() -> None:
    consent = a_consent(expires_on=date(2026, 3, 3))

    assert consent.status == "given"
    assert consent.permission(BEGAN + timedelta(days=3)) is None
    with pytest.raises(ConsentEnded):
        consent.revoke(BEGAN + timedelta(days=3))


def test_narrowing_takes_something_back_or_was_taken_back() -> None:
    for scope, last_day in (
        (("contact-details", "needs"), None),
        (("contact-details", "plan"), None),
        (("contact-details",), date(2026, 6, 1)),
    ):
        consent = a_consent(expires_on=date(2026, 5, 1))
        with pytest.raises(ConsentNotNarrower):
            consent.narrow(frozenset(scope), last_day, BEGAN)
        assert consent == a_consent_like(consent)

    consent = a_consent(expires_on=date(2026, 5, 1))
    consent.narrow(frozenset({"needs"}), date(2026, 4, 1), BEGAN)

    assert (consent.scope, consent.expires_on, consent.version) == (
        {"needs"},
        date(2026, 4, 1),
        2,
    )


def a_consent_like(consent: SharingConsent) -> SharingConsent:
    """The consent as ``a_consent`` makes it, with the ids of another."""
    like = a_consent(expires_on=date(2026, 5, 1))
    like.id, like.person_id = consent.id, consent.person_id
    return like


def test_given_again_it_may_only_be_wider_or_longer() -> None:
    consent = a_consent(expires_on=date(2026, 5, 1))
    for scope, last_day in (
        (("contact-details", "needs"), date(2026, 5, 1)),
        (("needs",), date(2026, 5, 1)),
        (("contact-details", "needs"), date(2026, 4, 1)),
    ):
        with pytest.raises(ConsentStands):
            consent.renew(frozenset(scope), last_day, BEGAN)

    consent.renew(frozenset(EVERYTHING), None, BEGAN + timedelta(days=1))

    assert (consent.scope, consent.expires_on, consent.given_at) == (
        frozenset(EVERYTHING),
        None,
        BEGAN,
    )


def test_who_agrees_again_to_less_than_a_holder_has_leaves_the_holder_to_confirm() -> None:
    consent = a_consent()
    shared(consent, GROUP, "contact-details", "needs")
    consent.revoke(BEGAN)

    consent.renew(frozenset({"needs"}), None, BEGAN + timedelta(days=1))

    assert consent.permits(BEGAN + timedelta(days=1))
    assert not consent.permits(BEGAN)
    assert consent.outstanding == 1
    consent.acknowledge(GROUP, BEGAN + timedelta(days=2))
    assert consent.holders[GROUP].has == {"needs"}


def test_nothing_is_given_or_taken_back_before_it_began_or_for_a_day_that_is_over() -> None:
    consent = a_consent()

    with pytest.raises(BeforeConsent):
        consent.revoke(BEGAN - timedelta(days=1))
    with pytest.raises(BeforeConsent):
        consent.renew(frozenset(EVERYTHING), None, BEGAN - timedelta(days=1))
    with pytest.raises(ConsentTooShort):
        consent.narrow(frozenset({"needs"}), date(2026, 3, 1), BEGAN)
    assert consent.version == 1


def test_only_who_has_something_can_confirm_and_only_once() -> None:
    consent = a_consent()
    shared(consent, GROUP, "needs")

    with pytest.raises(NothingToAcknowledge):
        consent.acknowledge(GROUP, BEGAN)
    consent.revoke(BEGAN)
    with pytest.raises(NotAHolder):
        consent.acknowledge(STRANGER, BEGAN)
    consent.acknowledge(GROUP, BEGAN)
    with pytest.raises(NothingToAcknowledge):
        consent.acknowledge(GROUP, BEGAN)

    assert consent.outstanding == 0
    assert consent.holders[GROUP].has == frozenset()


SCOPES = st.frozensets(st.sampled_from(EVERYTHING), min_size=1)
LAST_DAYS = st.none() | st.integers(0, 40).map(lambda days: BEGAN.date() + timedelta(days=days))


class ConsentMachine(RuleBasedStateMachine):
    """A consent against a model that keeps only sets and days."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGAN
        self.consent = a_consent()
        self.agreed: frozenset[str] = self.consent.scope
        self.until: date | None = None
        self.has: dict[Recipient, frozenset[str]] = {}
        self.owes: set[Recipient] = set()

    @property
    def stands(self) -> bool:
        over_at = ends_at(self.until)
        return bool(self.agreed) and (over_at is None or self.now < over_at)

    @rule(days=st.integers(0, 15))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(holder=st.sampled_from((GROUP, PARTNER)), what=SCOPES)
    def somebody_shares(self, holder: Recipient, what: frozenset[str]) -> None:
        permission = self.consent.permission(self.now)
        assert (permission is not None) == self.stands
        given = permission.of(what) if permission else frozenset[str]()
        assert given == (what & self.agreed if self.stands else frozenset[str]())
        if not given:
            return
        known = self.consent.holders.setdefault(
            holder, Holder(holder, frozenset(), self.now, self.now)
        )
        known.has |= given
        self.has[holder] = self.has.get(holder, frozenset()) | given

    @rule(scope=SCOPES, last_day=LAST_DAYS)
    def the_person_agrees(self, scope: frozenset[str], last_day: date | None) -> None:
        stood = self.stands
        before = self.consent.version
        try:
            self.consent.renew(scope, last_day, self.now)
        except Refused:
            assert self.consent.version == before
            return
        if stood:
            assert scope >= self.agreed
        self.agreed, self.until = scope, last_day
        self.owes = {one for one, what in self.has.items() if not what <= scope}

    @rule(scope=SCOPES, last_day=LAST_DAYS)
    def the_person_agrees_to_less(self, scope: frozenset[str], last_day: date | None) -> None:
        stood = self.stands
        try:
            self.consent.narrow(scope, last_day, self.now)
        except Refused:
            return
        assert stood
        assert scope <= self.agreed
        self.agreed, self.until = scope, last_day
        self.owes = {one for one, what in self.has.items() if what}

    @precondition(lambda self: self.stands)
    @rule()
    def the_person_takes_it_back(self) -> None:
        self.consent.revoke(self.now)
        self.agreed = frozenset()
        self.owes = {one for one, what in self.has.items() if what}

    @rule()
    def the_day_is_looked_at(self) -> None:
        was_over = bool(self.agreed) and not self.stands
        assert self.consent.expire(self.now) == was_over
        if was_over:
            self.agreed = frozenset()
            self.owes = {one for one, what in self.has.items() if what}

    @rule(holder=st.sampled_from((GROUP, PARTNER, STRANGER)))
    def somebody_confirms(self, holder: Recipient) -> None:
        try:
            self.consent.acknowledge(holder, self.now)
        except (NotAHolder, NothingToAcknowledge):
            assert holder not in self.owes
            return
        assert holder in self.owes
        self.owes.discard(holder)
        self.has[holder] &= self.agreed

    @invariant()
    def what_is_not_agreed_is_not_shared(self) -> None:
        permission = self.consent.permission(self.now)
        assert (permission.scope if permission else frozenset()) == (
            self.agreed if self.stands else frozenset()
        )

    @invariant()
    def exactly_who_has_what_was_taken_back_owes_a_word(self) -> None:
        owing = {one for one, held in self.consent.holders.items() if held.owes is not None}
        assert owing == self.owes
        assert {one: held.has for one, held in self.consent.holders.items()} == self.has


TestConsentMachine = ConsentMachine.TestCase


SCOPES = st.sets(st.sampled_from(EVERYTHING), min_size=1)


@given(scopes=st.lists(SCOPES, min_size=1, max_size=4))
def test_of_several_records_no_more_is_shared_than_each_allows(scopes: list[set[str]]) -> None:
    known = [a_consent(tuple(scope)) for scope in scopes]
    said = [Said(one, BEGAN, None) for one in known]
    permission = agreed(said, BEGAN)

    both = set.intersection(*scopes)
    assert (permission.scope if permission else set()) == both
    if permission is not None:
        assert {permission.consent_id, *permission.also} == {one.id for one in known}
    assert is_unsettled(said) == (len(known) > 1)


def test_a_no_on_either_record_is_a_no_until_the_person_agrees_again() -> None:
    ours, theirs = a_consent(), a_consent()
    theirs.revoke(BEGAN)
    later = BEGAN + timedelta(days=1)
    said = [Said(ours, BEGAN, None), Said(theirs, BEGAN, None)]
    assert agreed(said, later) is None
    assert was_taken_back(said)

    ours.renew(ours.scope, None, later, settles=True)
    settled = [Said(ours, later, later), Said(theirs, BEGAN, None)]

    assert not was_taken_back(settled)
    assert not is_unsettled(settled)
    permission = agreed(settled, later)
    assert permission is not None
    assert (permission.scope, permission.also) == (ours.scope, ())
    # Taken back after that, wherever it is entered, it counts.
    again = [Said(ours, later, later), Said(theirs, later + timedelta(hours=1), None)]
    assert agreed(again, later) is None


def test_what_settles_two_records_may_be_less_or_the_same_and_holders_of_more_owe() -> None:
    consent = a_consent()
    consent.holders[GROUP] = Holder(GROUP, frozenset({"needs"}), BEGAN, BEGAN)
    with pytest.raises(ConsentStands):
        consent.renew(consent.scope, None, BEGAN)
    consent.renew(consent.scope, None, BEGAN, settles=True)
    assert consent.outstanding == 0
    consent.renew(frozenset({"contact-details"}), None, BEGAN, settles=True)
    assert (consent.scope, consent.outstanding) == ({"contact-details"}, 1)
